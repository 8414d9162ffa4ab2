-- Whoever was told that a month must come back is told too when that was wrong.
alter table event drop constraint event_type_check, add constraint event_type_check check (type in (
  'application-submitted', 'application-correction-requested', 'application-not-accepted', 'application-accepted',
  'application-approved', 'application-refused', 'application-withdrawn', 'decision-undone', 'payment-paid',
  'payment-failed', 'payment-returned', 'recovery-opened', 'recovery-confirmed', 'recovery-dismissed', 'recovery-repaid',
  'recovery-reversed'));
