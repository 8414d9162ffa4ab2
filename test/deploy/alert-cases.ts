// For each alert, series by which it fires and by which it does not, minute by minute, as promtool takes them. Holds no
// test.

interface Case {
  readonly fires: Readonly<Record<string, string>>;
  readonly silent: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly at: string;
  /** Labels of the series that the alert keeps. */
  readonly told?: Readonly<Record<string, string>>;
  /** Where it tells a value or a label. */
  readonly summary?: string;
}

const one = '{job="subsidy",instance="a"}';
const of = { job: 'subsidy', instance: 'a' };

export const cases: Readonly<Record<string, Case>> = {
  SubsidyDown: {
    fires: { [`up${one}`]: '1 0x3' },
    silent: { [`up${one}`]: '1 0 1 0' },
    at: '2m',
    told: of,
  },
  SubsidyRestarting: {
    fires: { [`process_start_time_seconds${one}`]: '1 2 3 4 4' },
    silent: { [`process_start_time_seconds${one}`]: '1 2 3 3 3' },
    at: '4m',
    told: of,
  },
  SubsidyDatabaseDown: {
    fires: { [`subsidy_database_up${one}`]: '1 0x3' },
    silent: { [`subsidy_database_up${one}`]: '1 1 0 1' },
    at: '3m',
    told: of,
  },
  SubsidyOverloaded: {
    fires: { [`subsidy_requests_refused_total${one}`]: '0+60x20' },
    silent: { [`subsidy_requests_refused_total${one}`]: '0 60x20' },
    at: '12m',
    summary: '负载过高，每秒拒绝 1.0 个请求 · Overload, 1.0 requests a second are refused',
  },
  SubsidyDefect: {
    fires: { [`subsidy_problems_total{code="internal"}`]: '0 0 1 1' },
    silent: {
      [`subsidy_problems_total{code="internal"}`]: '0x3',
      [`subsidy_problems_total{code="not-found"}`]: '0+9x3',
    },
    at: '3m',
  },
  SubsidySlow: {
    fires: {
      'subsidy_request_duration_seconds_bucket{lane="short",le="1"}': '0+97x30',
      'subsidy_request_duration_seconds_bucket{lane="short",le="2.5"}': '0+100x30',
      'subsidy_request_duration_seconds_bucket{lane="short",le="+Inf"}': '0+100x30',
    },
    silent: {
      'subsidy_request_duration_seconds_bucket{lane="short",le="1"}': '0+100x30',
      'subsidy_request_duration_seconds_bucket{lane="short",le="2.5"}': '0+100x30',
      'subsidy_request_duration_seconds_bucket{lane="short",le="+Inf"}': '0+100x30',
      'subsidy_request_duration_seconds_bucket{lane="heavy",le="1"}': '0x30',
      'subsidy_request_duration_seconds_bucket{lane="heavy",le="+Inf"}': '0+100x30',
    },
    at: '20m',
  },
  SubsidyEventLoopBlocked: {
    fires: { [`nodejs_eventloop_lag_p99_seconds${one}`]: '0.7x10' },
    silent: { [`nodejs_eventloop_lag_p99_seconds${one}`]: '0.7x4 0.02x6' },
    at: '6m',
    told: of,
  },
  SubsidyMemoryHigh: {
    fires: { [`nodejs_heap_size_used_bytes${one}`]: '700x20', [`subsidy_heap_limit_bytes${one}`]: '800x20' },
    silent: { [`nodejs_heap_size_used_bytes${one}`]: '600x20', [`subsidy_heap_limit_bytes${one}`]: '800x20' },
    at: '11m',
    told: of,
    summary: '进程内存已用 87.5%，接近上限 · A process has used 87.5% of its heap',
  },
  SubsidyJobFailed: {
    fires: { 'subsidy_jobs{state="failed",task="reassess-person",instance="a"}': '1x5' },
    silent: {
      'subsidy_jobs{state="failed",task="reassess-person",instance="a"}': '0x5',
      'subsidy_jobs{state="waiting",task="reassess-person",instance="a"}': '9x5',
    },
    at: '2m',
    told: { task: 'reassess-person' },
    summary: '后台任务 reassess-person 最终失败 · Jobs of reassess-person have failed for good',
  },
  SubsidyJobsLate: {
    fires: { [`subsidy_job_lag_seconds${one}`]: '660x10' },
    silent: { [`subsidy_job_lag_seconds${one}`]: '590x10' },
    at: '6m',
    summary: '后台任务已延误 11m 0s · Jobs are 11m 0s late',
  },
  SubsidySealingLate: {
    fires: { [`subsidy_audit_seal_lag_seconds${one}`]: '180x5' },
    silent: { [`subsidy_audit_seal_lag_seconds${one}`]: '90x5' },
    at: '3m',
  },
  SubsidyEventsLate: {
    fires: { [`subsidy_event_lag_seconds${one}`]: '600x10' },
    silent: { [`subsidy_event_lag_seconds${one}`]: '100x10' },
    at: '6m',
  },
  SubsidyWebhooksLate: {
    fires: { [`subsidy_webhook_lag_seconds${one}`]: '7200x20' },
    silent: { [`subsidy_webhook_lag_seconds${one}`]: '3000x20' },
    at: '16m',
    summary: '有事件 2h 0m 0s 未送达接收方 · An event has waited 2h 0m 0s for its receiver',
  },
  SubsidyWebhookGivenUp: {
    fires: {
      [`subsidy_webhook_deliveries{state="dead"}`]: '0x5',
      [`subsidy_webhooks_disabled${one}`]: '1x5',
    },
    silent: {
      [`subsidy_webhook_deliveries{state="dead"}`]: '0x5',
      [`subsidy_webhook_deliveries{state="waiting"}`]: '9x5',
      [`subsidy_webhooks_disabled${one}`]: '0x5',
    },
    at: '2m',
  },
  SubsidyCountsStale: {
    fires: { 'subsidy_counts_age_seconds{counts="city"}': '240x5' },
    silent: {
      'subsidy_counts_age_seconds{counts="city",instance="a"}': '240x5',
      'subsidy_counts_age_seconds{counts="city",instance="b"}': '60x5',
    },
    at: '2m',
    told: { counts: 'city' },
    summary: '监控数值（city）已 4m 0s 没有更新 · The metrics of city are 4m 0s old',
  },
  SubsidyMoneyDoesNotTie: {
    fires: { [`subsidy_reconciliation_differences${one}`]: '2x10' },
    silent: { [`subsidy_reconciliation_differences${one}`]: '0x10' },
    at: '6m',
  },
  SubsidyFiguresStale: {
    fires: { 'subsidy_figures_behind_seconds{subject="chain"}': '10800x20' },
    silent: { 'subsidy_figures_behind_seconds{subject="chain"}': '3600x20' },
    at: '11m',
    told: { subject: 'chain' },
    summary: '统计数值（chain）已 3h 0m 0s 没有重新统计 · The figures of chain were not counted for 3h 0m 0s',
  },
  SubsidyCasesOverdue: {
    fires: { [`subsidy_cases_overdue${one}`]: '3x70' },
    silent: { [`subsidy_cases_overdue${one}`]: '3x50 0x20' },
    at: '61m',
    summary: '3 件申请超过办理时限 · 3 cases are past their time limit',
  },
  SubsidyNoticesOverdue: {
    fires: { [`subsidy_notices_overdue${one}`]: '3x70' },
    silent: { [`subsidy_notices_overdue${one}`]: '3x50 0x20' },
    at: '61m',
    summary: '3 份通知书未按期告知 · 3 notices were not told in time',
  },
};
