-- Tokens, and how long completed requests took, by tenant, model that answered and day (UTC). Milliseconds.
select
  utc_day(closed_at) as day,
  tenant,
  coalesce(served_by, model) as model,
  count(*) as requests,
  sum(input_tokens) as input_tokens,
  sum(cached_input_tokens) as cached_input_tokens,
  sum(output_tokens) as output_tokens,
  round(quantile_cont(total_ms, 0.5), 1) as p50_ms,
  round(quantile_cont(total_ms, 0.95), 1) as p95_ms,
  round(quantile_cont(total_ms, 0.99), 1) as p99_ms,
  round(quantile_cont(time_to_first_token_ms, 0.5), 1) as first_token_p50_ms,
  round(quantile_cont(time_to_first_token_ms, 0.95), 1) as first_token_p95_ms,
  round(quantile_cont(time_to_first_token_ms, 0.99), 1) as first_token_p99_ms
from requests
where outcome = 'completed'
group by all
order by day, tenant, model
