-- Requests that were refused, by tenant, reason and day (UTC).
select
  utc_day(closed_at) as day,
  tenant,
  outcome,
  coalesce(error_code, 'unknown') as reason,
  error_param as "limit",
  count(*) as requests,
  count(distinct key_id) as keys
from requests
where outcome in ('rejected', 'blocked')
group by all
order by day, tenant, requests desc, reason
