-- What answers from the cache and the prefix cache have saved, by tenant, model and day (UTC). What an answer would have cost is what the request cost whose answer it is; where that charge is not known, it counts as unpriced.
with
  hits as (select * from requests where outcome = 'completed' and (cache_kind is not null or cached_input_tokens > 0)),
  charges as (select request_id, currency, amount from billing where kind = 'charge')
select
  utc_day(hits.closed_at) as day,
  hits.tenant,
  coalesce(hits.served_by, hits.model) as model,
  own.currency,
  count(hits.cache_kind) as cached_answers,
  count(*) filter (where hits.cache_kind = 'semantic') as semantic_answers,
  coalesce(sum(hits.output_tokens) filter (where hits.cache_kind is not null), 0) as output_tokens_saved,
  sum(hits.cached_input_tokens) as prefix_tokens_reused,
  coalesce(sum(original.amount), 0) as would_have_cost,
  coalesce(sum(own.amount) filter (where original.amount is not null), 0) as was_charged,
  coalesce(sum(original.amount - own.amount), 0) as saved,
  count(*) filter (where hits.cache_kind is not null and original.amount is null) as unpriced
from hits
left join charges as own on own.request_id = hits.request_id
left join charges as original on original.request_id = hits.cache_request_id and original.currency = own.currency
group by all
order by day, tenant, model, currency
