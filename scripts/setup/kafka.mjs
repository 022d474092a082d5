import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publish } from './atomic-file.mjs';
import { ensureFolder } from './cache-folder.mjs';
import { hashFile } from './checked-file.mjs';
import { Interrupted, runChecked, runChild } from './child-process.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';

const supply = [
  'Java 17 or newer (JAVA_HOME, or java on PATH) and Maven (mvn on PATH)',
  'MILLRACE_KAFKA_JARS, MILLRACE_REGISTRY_JARS and MILLRACE_JAVA_CLIENT_JARS=/folder, filled by another machine',
];

/**
 * What the tests of topics run against: the jars of a Kafka broker, of a schema registry and of clients in Java, fetched by Maven into the cache. Where
 * there is no Java or no Maven, that is said and those tests are skipped, but never in CI.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @returns {Promise<NodeJS.ProcessEnv>} the settings that name the folders and the Java to run them on
 * @throws {SetUpError}
 */
export async function provideKafka(workshop) {
  const { environment, parts, reporter } = workshop;
  try {
    const java = await findJava(environment, parts.kafka.minimumJava);
    return {
      MILLRACE_JAVA: java,
      MILLRACE_KAFKA_JARS: await provideBroker(workshop),
      MILLRACE_REGISTRY_JARS: await provideRegistry(workshop),
      MILLRACE_JAVA_CLIENT_JARS: await provideClients(workshop),
    };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    if (!(error instanceof Absent) || environment.CI) {
      throw new SetUpError(`Kafka and the schema registry of the tests are missing: ${reasonOf(error)}.`, {
        supply,
        cause: error,
      });
    }
    reporter.line(
      `\n*** THE TESTS OF KAFKA ARE SKIPPED: ${reasonOf(error)}.\n*** They need ${supply[0]}. In CI this is an error.\n`,
    );
    return {};
  }
}

/** Java or Maven is not on this machine. */
class Absent extends Error {}

async function findJava(environment, minimum) {
  const java = environment.JAVA_HOME ? join(environment.JAVA_HOME, 'bin', 'java') : 'java';
  const { stderr } = await runIfThere(java, ['-version'], environment);
  const version = /version "(\d+)/u.exec(stderr)?.[1];
  if (Number(version ?? 0) < minimum)
    throw new Absent(`${java} is of version ${version ?? 'unknown'}, ${minimum} or newer is needed`);
  return java;
}

async function runIfThere(command, args, env) {
  try {
    return await runChild(command, args, { env });
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EACCES')
      throw new Absent(`${command} was not found`, { cause: error });
    throw error;
  }
}

async function provideBroker(workshop) {
  const { environment, cache, parts } = workshop;
  if (environment.MILLRACE_KAFKA_JARS) return resolve(environment.MILLRACE_KAFKA_JARS);
  const { version, logging, jars } = parts.kafka;
  const folder = join(cache, `kafka-${version}`);
  const isReady = () => holdsAll(workshop, folder, jars);
  await provideFolder({
    workshop,
    title: `Kafka ${version} (Maven)`,
    folder,
    isReady,
    async fetch(target, maven) {
      await maven(
        [
          { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version },
          { groupId: 'org.slf4j', artifactId: 'slf4j-simple', version: logging },
        ],
        ['copy-dependencies', `-DoutputDirectory=${target}`, '-DincludeScope=runtime'],
      );
      await checkAll(target, jars);
    },
  });
  return folder;
}

async function provideRegistry(workshop) {
  const { environment, cache, parts, temporaryFolder } = workshop;
  if (environment.MILLRACE_REGISTRY_JARS) return resolve(environment.MILLRACE_REGISTRY_JARS);
  const { version, archive, archiveSha256, jars } = parts['apicurio-registry'];
  const folder = join(cache, `apicurio-registry-${version}`);
  await provideFolder({
    workshop,
    title: `Apicurio Registry ${version} (Maven)`,
    folder,
    isReady: () => holdsAll(workshop, folder, jars),
    async fetch(target, maven, guard) {
      const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
      await maven([], ['copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${temporaryFolder}`]);
      await checkAll(temporaryFolder, { [archive]: archiveSha256 });
      await runChecked('tar', ['-xzf', join(temporaryFolder, archive), '-C', target], { onSpawn: guard });
      await checkAll(target, jars);
    },
  });
  return folder;
}

/** What others read and write our messages with: Avro's own library, and the client of NATS. */
async function provideClients(workshop) {
  const { environment, cache, parts } = workshop;
  if (environment.MILLRACE_JAVA_CLIENT_JARS) return resolve(environment.MILLRACE_JAVA_CLIENT_JARS);
  const { avro, nats, jars } = parts['java-clients'];
  const folder = join(cache, `java-clients-${avro}-${nats}`);
  await provideFolder({
    workshop,
    title: `Avro ${avro} and NATS ${nats} for Java (Maven)`,
    folder,
    isReady: () => holdsAll(workshop, folder, jars),
    async fetch(target, maven) {
      await maven(
        [
          { groupId: 'org.apache.avro', artifactId: 'avro', version: avro },
          { groupId: 'io.nats', artifactId: 'jnats', version: nats },
        ],
        ['copy-dependencies', `-DoutputDirectory=${target}`, '-DincludeScope=runtime'],
      );
      await checkAll(target, jars);
    },
  });
  return folder;
}

/** Fills a folder that comes to be whole or not at all. */
async function provideFolder({ workshop, title, folder, isReady, fetch }) {
  if (await isReady()) return;
  await workshop.exclusively(async ({ guard }) => {
    if (await isReady()) return;
    const step = workshop.reporter.step(title);
    try {
      const target = ensureFolder(join(workshop.temporaryFolder, 'jars'));
      await fetch(target, (dependencies, goal) => runMaven(workshop, dependencies, goal, guard), guard);
      rmSync(folder, { recursive: true, force: true });
      publish(target, folder);
      step.finish();
    } catch (error) {
      step.abandon();
      throw error;
    }
  });
}

/** Runs a goal of Maven's dependency plugin with a repository of its own, so that nothing is kept twice. */
async function runMaven(workshop, dependencies, [goal, ...args], guard) {
  const { environment, parts, temporaryFolder } = workshop;
  await runIfThere('mvn', ['--version'], environment);
  const project = join(temporaryFolder, 'maven');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'pom.xml'), projectFile(dependencies));
  const plugin = `org.apache.maven.plugins:maven-dependency-plugin:${parts['maven-dependency-plugin'].version}`;
  const fixed = ['--batch-mode', '--quiet', '--strict-checksums', '--file', join(project, 'pom.xml')];
  const repository = `-Dmaven.repo.local=${join(temporaryFolder, 'repository')}`;
  await runChecked('mvn', [...fixed, repository, `${plugin}:${goal}`, ...args], {
    env: environment,
    onSpawn: guard,
  });
}

function projectFile(dependencies) {
  const listed = dependencies.map(
    ({ groupId, artifactId, version }) =>
      `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>millrace</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${listed.join('\n')}</dependencies></project>`;
}

async function holdsAll({ checksums }, folder, jars) {
  for (const [name, sha256] of Object.entries(jars))
    if (!(await checksums.holds(join(folder, name), sha256))) return false;
  return true;
}

async function checkAll(folder, jars) {
  const present = new Set(readdirSync(folder));
  for (const [name, expected] of Object.entries(jars)) {
    if (!present.has(name)) throw new Error(`${name} was not among what Maven has fetched`);
    const sha256 = await hashFile(join(folder, name));
    if (sha256 !== expected) throw new Error(`${name} has the sha256 ${sha256}, expected ${expected}`);
  }
}
