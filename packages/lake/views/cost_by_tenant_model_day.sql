-- What was charged and given back, by tenant, model and the day (UTC) that it counts for.
select
  utc_day(closed_at) as day,
  organisation,
  tenant,
  model,
  currency,
  count(*) filter (where kind = 'charge') as requests,
  sum(input_tokens) as input_tokens,
  sum(cached_input_tokens) as cached_input_tokens,
  sum(output_tokens) as output_tokens,
  sum(amount) filter (where kind = 'charge') as charged,
  sum(amount) filter (where kind = 'adjustment') as adjusted,
  sum(amount) filter (where kind = 'credit') as credited,
  sum(amount) as amount
from billing
group by all
order by day, tenant, model, currency
