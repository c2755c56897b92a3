/*
 * For zod, which reads the evidence of verdicts. It tries, when it is loaded, whether it may make code from text. The
 * page's policy forbids that, and reports the try. It looks here first.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
