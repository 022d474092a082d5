import {
  createWireTranslator,
  openSchemaRegistry,
  type RegistrySettings,
  type WireTranslator,
} from '@millrace/kafka';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

/** Reads records of topics that became dead letters before ingress could read them. */
export interface WireReader extends Stoppable {
  /** Undefined where no schema registry is configured. */
  readonly translate: WireTranslator | undefined;
}

/** Whoever has put a schema right and replays asks anew at once. */
const absentMs = 0;

/** @throws `config_invalid` for a URL of the registry that is none */
export function readsWireFormat(
  { codec, logger }: Pick<StageDependencies, 'codec' | 'logger'>,
  settings: RegistrySettings,
): WireReader {
  if (settings.registryUrl === undefined) return { translate: undefined, stop: async () => undefined };
  const registry = openSchemaRegistry(
    settings,
    (state) => logger.warn({ state }, 'the breaker of the schema registry changed'),
    absentMs,
  );
  return {
    translate: createWireTranslator(codec, registry, 'intake.requested'),
    stop: () => registry.stop(),
  };
}
