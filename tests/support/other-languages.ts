import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonPackages } from './python-packages.ts';

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
}

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const root = path.dirname(examples);

/** The packages that the examples name in their `requirements.txt`. */
const requirements = ['fastavro==1.13.1', 'nats-py[nkeys]==2.16.0', 'confluent-kafka==2.16.1'];

/** The folder of the packages that the examples need, for `PYTHONPATH`. */
export function examplePackages(): Promise<string> {
  return pythonPackages(...requirements);
}

/** Runs a program of `examples/python` as the README shows it. @throws with what it has said, when it fails */
export async function runPythonExample(script: string, options: RunOptions = {}): Promise<string> {
  const packages = await examplePackages();
  return run('python3', [path.join(examples, 'python', script), ...(options.args ?? [])], {
    ...options,
    env: { PYTHONPATH: packages, ...options.env },
  });
}

/** Runs a Java file of a folder from its source, with Avro's own library and the clients of NATS and Kafka. @throws as above */
export function runJava(file: string, options: RunOptions = {}): Promise<string> {
  const {
    MILLRACE_JAVA: java = 'java',
    MILLRACE_JAVA_CLIENT_JARS = '',
    MILLRACE_KAFKA_JARS = '',
  } = process.env;
  const jars = `${MILLRACE_JAVA_CLIENT_JARS}/*${path.delimiter}${MILLRACE_KAFKA_JARS}/*`;
  return run(java, ['-Xmx256m', '-cp', jars, path.join(root, file), ...(options.args ?? [])], options);
}

async function run(command: string, args: readonly string[], { env, input }: RunOptions): Promise<string> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  child.stdin.end(input ?? '');
  const [out, error, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }),
  ]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${error}${out}`);
  return out;
}
