// Loaded before tap in each test file: tap follows every promise to know whose error it was, which took up to half of a
// test's time. Without it an error that nobody awaited still fails the file, and is told at its end instead of at its test.

import hooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

const { createHook } = hooks;
hooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false });
syncBuiltinESMExports();
