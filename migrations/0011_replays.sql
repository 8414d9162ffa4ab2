-- Decisions of a period are replayed in the order they were taken, a portion at a time.

create index decision_by_time on decision (decided_at, decision_id);
