import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/** Of each line {"older", "newer"}: whether Avro's own library finds the newer able to read the older's, and the other way. */
public final class Compatibility {
  public static void main(String[] args) throws Exception {
    var json = new ObjectMapper();
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      var pair = json.readTree(line);
      Schema older = new Schema.Parser().parse(pair.get("older").toString());
      Schema newer = new Schema.Parser().parse(pair.get("newer").toString());
      System.out.println("{\"backward\":" + reads(newer, older) + ",\"forward\":" + reads(older, newer) + "}");
    }
  }

  private static boolean reads(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType() == SchemaCompatibilityType.COMPATIBLE;
  }
}
