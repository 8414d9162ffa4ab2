// An assessment as people read it: each check with its title, its article and a sentence. Adds words, decides nothing.

import type { Assessment, Claim } from '../rules/assess.ts';
import { catalogue } from '../rules/catalogue.ts';
import type { Assessment as Described } from './schemas.ts';

export function describeAssessment(assessment: Assessment, _claim: Claim): Described {
  return {
    ...assessment,
    retirement: { ...assessment.retirement },
    term: { ...assessment.term },
    months: assessment.months.map((month) => ({
      ...month,
      checks: month.checks.map(({ code, answer, facts }) => {
        const { title, article, meaning } = catalogue[code];
        return { code, title, article, answer, explanation: meaning[answer], records: [...facts] };
      }),
    })),
  };
}
