// The questions in SQL that tell how the shop fares, for whoever watches its databases.

/** On ledger's database: purchases that legacy has not heard of for 3 seconds. 0 when the reverse feed keeps up. */
export const strandedPurchasesSql = `select count(*)::int as stranded from outbox
where applied_at is null and written_at < now() - interval '3 seconds'`;

/** On legacy's database: orders whose total is not quantity times price. 0 unless a copy has gone wrong. */
export const wrongTotalsSql = `select count(*)::int as wrong from orders join prices using (sku)
where total_cents <> quantity * cents`;

/** On legacy's database: `true` when the next order's number is free; `false` after rows came with numbers of their own. */
export const sequenceIsAheadSql = `select last_value >= (select coalesce(max(id), 0) from orders) as ahead
from orders_id_seq`;

/** On legacy's database: moves the sequence to the highest number in use. Doing it twice changes nothing. */
export const moveSequenceSql = `select setval('orders_id_seq', greatest(
  (select max(id) from orders), (select last_value from orders_id_seq)))`;
