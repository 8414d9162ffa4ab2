// All test files of this folder in one process.

import { together } from '../../together.ts';

await together(import.meta.dirname);
