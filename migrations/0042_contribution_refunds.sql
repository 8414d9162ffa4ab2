-- Refunds of contributions told as rows of their own. What registers vouch for is of the same kinds as their records.

alter table record drop constraint record_kind_check,
  add constraint record_kind_check check (kind in ('household', 'unemployment-registration', 'hardship-recognition', 'flexible-employment',
    'contribution', 'contribution-refund', 'unemployment-benefit', 'skills-training', 'public-post', 'imprisonment',
    'public-payroll', 'employer-insurance', 'pension', 'retirement-category', 'dishonesty', 'death', 'prior-benefit'));
alter table coverage
  add constraint coverage_kind_check check (kind in ('household', 'unemployment-registration', 'hardship-recognition', 'flexible-employment',
    'contribution', 'contribution-refund', 'unemployment-benefit', 'skills-training', 'public-post', 'imprisonment',
    'public-payroll', 'employer-insurance', 'pension', 'retirement-category', 'dishonesty', 'death', 'prior-benefit'));
