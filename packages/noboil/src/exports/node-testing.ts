/** Apps in the test's own process: memory host, virtual clock, limits on. @module */
export { type Actor, createTestApp, type TestApp, type TestConfig } from '../server/testing/app.ts'
