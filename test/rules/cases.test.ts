// Readable cases: what the measure means for single people.

import t from 'tap';
import { assessCase, readCases } from './case-file.ts';

for (const file of ['cases.yaml', 'boundary-cases.yaml']) {
  for (const written of readCases(file)) {
    t.test(written.name, async (t) => {
      const assessment = assessCase(written);
      const seen = assessment.months.map(({ month, outcome, checks }) => [
        month,
        outcome === 'excluded'
          ? checks
              .filter(({ answer }) => answer === 'hit')
              .map(({ code }) => code)
              .sort()
          : outcome,
      ]);
      const { months, amountFen, near, retirement, outcome, late } = written.expect;
      t.strictSame(Object.fromEntries(seen), months);
      t.equal(assessment.amountFen, amountFen);
      if (near !== undefined) t.equal(assessment.term.near, near);
      if (retirement !== undefined) t.equal(assessment.retirement.on, retirement);
      if (outcome !== undefined) t.equal(assessment.outcome, outcome);
      if (late !== undefined)
        t.strictSame(
          assessment.months.filter((month) => month.lateClaim).map(({ month }) => month),
          late,
        );
    });
  }
}
