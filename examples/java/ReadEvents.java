import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.DecoderFactory;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Reads Millrace's events with Avro's own library, and prints each as a line of JSON:
 *
 * <pre>
 * java -cp 'jars/*' examples/java/ReadEvents.java stdin                          framed: each message behind its length
 * java -cp 'jars/*' examples/java/ReadEvents.java nats BILLING                   NATS_URL, NATS_USER=analyst, NATS_PASSWORD
 * java -cp 'jars/*' examples/java/ReadEvents.java kafka millrace.billing.v1      KAFKA_BROKERS, SCHEMA_REGISTRY_URL
 * </pre>
 *
 * The published schemas are read from the folder SCHEMAS, by default schemas.
 */
public final class ReadEvents {
  private static final ObjectMapper json = new ObjectMapper();
  private static final GenericData data = new GenericData();
  private static final Map<Long, Schema> byFingerprint = new HashMap<>();
  private static final Map<Integer, Schema> byId = new HashMap<>();

  public static void main(String[] args) throws Exception {
    data.addLogicalTypeConversion(new Conversions.DecimalConversion());
    loadSchemas(Path.of(System.getenv().getOrDefault("SCHEMAS", "schemas")));
    switch (args.length == 0 ? "" : args[0]) {
      case "stdin" -> readStandardInput();
      case "nats" -> readStream(args[1]);
      case "kafka" -> readTopic(args[1]);
      default -> throw new IllegalArgumentException("stdin, nats STREAM or kafka TOPIC");
    }
  }

  private static void loadSchemas(Path folder) throws IOException {
    try (var files = Files.newDirectoryStream(folder, "*.avsc")) {
      for (Path file : files) {
        Schema schema = new Schema.Parser().parse(Files.readString(file));
        byFingerprint.put(SchemaNormalization.parsingFingerprint64(schema), schema);
      }
    }
  }

  private static void readStandardInput() throws IOException {
    var in = new DataInputStream(System.in);
    while (true) {
      int length;
      try {
        length = in.readInt();
      } catch (EOFException end) {
        return;
      }
      print(in.readNBytes(length));
    }
  }

  private static void readStream(String stream) throws Exception {
    String user = System.getenv("NATS_USER");
    var options = new Options.Builder().server(System.getenv().getOrDefault("NATS_URL", "nats://localhost:4222"));
    if (user != null) {
      // Answers come to an inbox of its own, the only one that it may listen to.
      options.userInfo(user, System.getenv("NATS_PASSWORD")).inboxPrefix("_INBOX." + user + ".");
    }
    try (Connection connection = Nats.connect(options.build())) {
      JetStreamManagement streams = connection.jetStreamManagement();
      for (long next = 1; ; ) {
        try {
          var message = streams.getNextMessage(stream, next, ">");
          print(message.getData());
          next = message.getSeq() + 1;
        } catch (JetStreamApiException end) {
          if (end.getApiErrorCode() != 10037) throw end;
          return; // there are no more messages
        }
      }
    }
  }

  private static void readTopic(String topic) throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", System.getenv().getOrDefault("KAFKA_BROKERS", "localhost:9092"));
    settings.put("isolation.level", "read_committed");
    settings.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
    settings.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
    try (var consumer = new org.apache.kafka.clients.consumer.KafkaConsumer<byte[], byte[]>(settings)) {
      var partitions = consumer.partitionsFor(topic).stream()
          .map(each -> new org.apache.kafka.common.TopicPartition(topic, each.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) if (record.value() != null) print(record.value());
      }
    }
  }

  /** A single object names its schema by fingerprint, a record in the wire format by its id in the registry. */
  private static void print(byte[] message) throws IOException {
    var buffer = ByteBuffer.wrap(message);
    Schema schema;
    if (message[0] == 0) {
      schema = schemaOfRegistry(buffer.getInt(1));
      buffer.position(5);
    } else if (message[0] == (byte) 0xC3 && message[1] == 0x01) {
      schema = byFingerprint.get(buffer.order(ByteOrder.LITTLE_ENDIAN).getLong(2));
      buffer.position(10);
    } else {
      throw new IOException("neither a single object nor in the wire format");
    }
    if (schema == null) throw new IOException("no schema has this fingerprint");
    var decoder = DecoderFactory.get().binaryDecoder(message, buffer.position(), buffer.remaining(), null);
    Object value = new GenericDatumReader<>(schema, schema, data).read(null, decoder);
    var line = new TreeMap<String, Object>();
    line.put("schema", schema.getFullName());
    line.put("value", plain(value));
    System.out.println(json.writeValueAsString(line));
  }

  private static Schema schemaOfRegistry(int id) throws IOException {
    Schema known = byId.get(id);
    if (known != null) return known;
    var uri = URI.create(System.getenv("SCHEMA_REGISTRY_URL") + "/schemas/ids/" + id);
    try {
      var answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) throw new IOException("the registry answers " + answer.statusCode());
      Schema schema = new Schema.Parser().parse(json.readTree(answer.body()).get("schema").asText());
      byId.put(id, schema);
      return schema;
    } catch (InterruptedException interrupted) {
      throw new IOException(interrupted);
    }
  }

  /** What Jackson can write: bytes become hexadecimal, decimals text. */
  private static Object plain(Object value) {
    if (value instanceof IndexedRecord record) {
      var fields = new TreeMap<String, Object>();
      for (var field : record.getSchema().getFields()) fields.put(field.name(), plain(record.get(field.pos())));
      return fields;
    }
    if (value instanceof List<?> list) return list.stream().map(ReadEvents::plain).toList();
    if (value instanceof Map<?, ?> map) {
      var entries = new TreeMap<String, Object>();
      map.forEach((key, item) -> entries.put(key.toString(), plain(item)));
      return entries;
    }
    if (value instanceof ByteBuffer bytes) {
      var copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      return HexFormat.of().formatHex(copy);
    }
    if (value instanceof GenericFixed fixed) return HexFormat.of().formatHex(fixed.bytes());
    if (value instanceof BigDecimal decimal) return decimal.toPlainString();
    if (value instanceof CharSequence || value instanceof GenericEnumSymbol<?>) return value.toString();
    return value;
  }
}
