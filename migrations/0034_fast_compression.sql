-- Snapshot and assessment are the bulk of what is kept. Where PostgreSQL was built with LZ4, packing them takes a third of
-- the time and no more room; where it was not, they stay as they are.
do $$
begin
  alter table comparison alter column snapshot set compression lz4, alter column assessment set compression lz4;
exception when feature_not_supported then
  null;
end $$;
