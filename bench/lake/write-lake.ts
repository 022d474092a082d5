import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { datasets, declaredColumns, lakePath, openDuckDb, quoted, type DatasetName } from '@millrace/lake';

/** Days that the rows are spread over: November 2026. */
const days = 30;

const at = `make_timestamptz(epoch_us(timestamptz '2026-11-01 00:00:00Z') + (number - 1) * ${days * 86_400} * 1000000 // total)`;

/** What is not named is null. Deterministic: a row is a function of its number. */
const rows: Readonly<Record<'requests' | 'billing', string>> = {
  requests: `
    number as stream_sequence, request_id, 'org-' || tenant_number % 5 as organisation, tenant, 'key-' || hash(number, 1) % 200 as key_id,
    ['developer'] as roles, 'gateway-' || number % 2 as gateway, 'http' as transport, 'generate' as operation, model, '1' as model_version,
    case when kind < 3 then 'rejected' when kind < 4 then 'blocked' when kind < 6 then 'failed' else 'completed' end as outcome,
    case when kind >= 6 then 'stop' end as finish_reason, [] as finish_reasons,
    case when kind < 2 then 'rate_limit_exceeded' when kind < 3 then 'insufficient_quota' when kind < 4 then 'content_blocked' when kind < 6 then 'engine_failed' end as error_code,
    case when kind < 6 then 'Refused.' end as error_message, kind < 6 as error_retryable,
    input_tokens, case when hash(number, 5) % 4 = 0 then input_tokens // 2 else 0 end as cached_input_tokens, output_tokens,
    input_tokens * 4 as characters_in, output_tokens * 4 as characters_out, 'engine' as usage_source,
    hash(number, 6) % 500 / 10.0 as queue_ms, hash(number, 7) % 3000 / 10.0 as prefill_ms,
    case when kind >= 6 then 20 + hash(number, 7) % 4000 / 10.0 end as time_to_first_token_ms, 50 + hash(number, 8) % 90000 / 10.0 as total_ms,
    1 as attempt, moment as received_at, moment as closed_at, case when is_hit then 'exact' end as cache_kind, case when is_hit then 1.0 end as cache_similarity,
    case when is_hit then md5('request' || (number - 1 - hash(number, 9) % least(number - 1, 1000)))::UUID end as cache_request_id,
    [{'stage': 'auth-quota', 'at': moment, 'outcome': 'admitted', 'code': null::VARCHAR, 'facts': map {'tokens': '100'}},
     {'stage': 'pii', 'at': moment, 'outcome': 'clean', 'code': null, 'facts': map {}},
     {'stage': 'inference', 'at': moment, 'outcome': 'completed', 'code': null, 'facts': map {'attempt': '1'}}] as trail`,
  billing: `
    number as entry_number, md5('entry' || number)::UUID as entry_id, 'charge' as kind, request_id, 'org-' || tenant_number % 5 as organisation, tenant,
    'key-' || hash(number, 1) % 200 as key_id, 'generate' as operation, model, '1' as model_version, 'completed' as outcome, input_tokens,
    case when hash(number, 5) % 4 = 0 then input_tokens // 2 else 0 end as cached_input_tokens, output_tokens, input_tokens * 4 as characters_in,
    output_tokens * 4 as characters_out, hash(number, 8) % 9000 as worked_ms, 'engine' as usage_source, case when is_hit then 'exact' end as cache_kind,
    'default' as price_book, 1 as price_version, case when is_hit then 0 else (input_tokens * 100 + output_tokens * 400) / 1e9 end::DECIMAL(20, 10) as amount,
    'EUR' as currency, moment as closed_at, moment as charged_at`,
};

/**
 * Writes a lake of so many requests and as many charges in a month, 20 tenants and 5 models: as an export would, by DuckDB alone.
 *
 * @param folder is not there yet
 */
export async function writeLake(folder: string, total: number): Promise<void> {
  const duckDb = await openDuckDb();
  const { connection } = duckDb;
  await connection.run(`
    create view drawn as
    select *, md5('request' || number)::UUID as request_id, 'tenant-' || tenant_number as tenant, 'model-' || hash(number, 2) % 5 as model,
      (hash(number, 3) % 100)::INTEGER as kind, number > 1 and hash(number, 4) % 20 = 0 and hash(number, 3) % 100 >= 6 as is_hit,
      (50 + hash(number, 10) % 1500)::INTEGER as input_tokens, (10 + hash(number, 11) % 500)::INTEGER as output_tokens, ${at} as moment
    from (select range as number, ${total} as total, (hash(range, 0) % 20)::INTEGER as tenant_number from range(1, ${total + 1}))`);
  for (const dataset of ['requests', 'billing'] as const) await writeTable(dataset, folder, total);
  duckDb.close();

  async function writeTable(
    dataset: DatasetName & ('requests' | 'billing'),
    lake: string,
    count: number,
  ): Promise<void> {
    for (let day = 0; day < days; day += 1) {
      const first = Math.floor((count * day) / days) + 1;
      const last = Math.floor((count * (day + 1)) / days);
      const date = `2026-11-${String(day + 1).padStart(2, '0')}`;
      const file = lakePath(lake, dataset, 'parquet', { day: date, first, last });
      await mkdir(path.dirname(file), { recursive: true });
      await connection.run(`create temp table part (${declaredColumns(datasets[dataset].columns)})`);
      await connection.run(
        `insert into part by name select ${rows[dataset]} from drawn where number between ${first} and ${last}`,
      );
      await connection.run(`copy part to ${quoted(file)} (format parquet, compression zstd)`);
      await connection.run('drop table part');
    }
  }
}
