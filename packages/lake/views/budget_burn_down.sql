-- What organisations and projects, and users and keys that have a budget, had spent in the month by the end of each day (UTC). Budgets are those of now, and known with --live.
with
  entries as (
    select utc_day(closed_at) as day, organisation, tenant, user_id, key_id, currency, sum(amount) as amount
    from billing
    group by all),
  spent as (
    select 'organisation' as scope, organisation as subject, day, currency, sum(amount) as amount from entries group by all
    union all
    select 'project', tenant, day, currency, sum(amount) from entries group by all
    union all
    select 'user', user_id, day, currency, sum(amount) from entries where user_id is not null group by all
    union all
    select 'key', key_id, day, currency, sum(amount) from entries where key_id is not null group by all),
  summed as (
    select
      spent.*,
      sum(amount) over (partition by scope, subject, currency, date_trunc('month', day) order by day) as spent_in_month
    from spent)
select
  cast(date_trunc('month', day) as date) as month,
  day,
  scope,
  subject,
  currency,
  amount as spent,
  spent_in_month,
  budget_per_month as budget,
  budget_per_month - spent_in_month as remaining,
  round(100 * cast(spent_in_month as double) / nullif(cast(budget_per_month as double), 0), 1) as percent
from summed
left join quotas using (scope, subject)
where scope in ('organisation', 'project') or budget_per_month is not null
order by month, scope, subject, currency, day
