import { expect, test } from 'vitest'
import { type Report, summarize } from './summary.ts'

const SUITES = [
  { name: 'unit', include: ['src/**/*.test.ts'] },
  { name: 'browser', include: ['web/**/*.browser.ts'] },
]
const WHOLE = { root: '/r', isPartial: false, endedWell: true }

test('passed and failed tests are counted over all files', () => {
  const report = reportOf({ 'src/a.test.ts': ['passed', 'failed'], 'web/b.browser.ts': ['passed'] })
  expect(summarize(report, SUITES, { ...WHOLE, endedWell: false })).toEqual({
    passed: 2,
    failed: 1,
    complaints: [],
  })
})

test('a suite that ran nothing fails the run', () => {
  const report = reportOf({ 'src/a.test.ts': ['passed'] })
  expect(summarize(report, SUITES, WHOLE)).toEqual({
    passed: 1,
    failed: 1,
    complaints: ['The suite browser ran nothing.'],
  })
  expect(summarize(report, SUITES, { ...WHOLE, isPartial: true }).complaints).toEqual([])
})

test('a suite whose tests are all skipped ran nothing, and each skipped test is named', () => {
  const report = reportOf({ 'src/a.test.ts': ['passed'], 'web/b.browser.ts': ['skipped', 'todo'] })
  expect(summarize(report, SUITES, WHOLE).complaints).toEqual([
    'web/b.browser.ts: "test 0" was not run (skipped).',
    'web/b.browser.ts: "test 1" was not run (todo).',
    'The suite browser ran nothing.',
  ])
})

test('a file that cannot be loaded is a failure', () => {
  const report = reportOf({
    'src/a.test.ts': ['passed'],
    'web/b.browser.ts': ['passed'],
    'src/c.test.ts': [],
  })
  expect(summarize(report, SUITES, { ...WHOLE, endedWell: false })).toEqual({
    passed: 2,
    failed: 1,
    complaints: ['src/c.test.ts failed outside its tests.'],
  })
})

test('a file whose set-up failed is one failure, not one for each of its tests', () => {
  const report: Report = {
    testResults: [
      {
        name: '/r/web/b.browser.ts',
        status: 'failed',
        assertionResults: [
          { fullName: 'one', status: 'skipped' },
          { fullName: 'two', status: 'skipped' },
        ],
      },
    ],
  }
  expect(summarize(report, SUITES.slice(1), { ...WHOLE, endedWell: false }).complaints).toEqual([
    'web/b.browser.ts failed outside its tests.',
    'The suite browser ran nothing.',
  ])
})

test('a run that ends badly without a failing test is a failure', () => {
  const report = reportOf({ 'src/a.test.ts': ['passed'], 'web/b.browser.ts': ['passed'] })
  expect(summarize(report, SUITES, { ...WHOLE, endedWell: false })).toMatchObject({
    failed: 1,
    complaints: [expect.stringContaining('ended badly')],
  })
})

test('a partial run that ran nothing is a failure', () => {
  expect(summarize(reportOf({}), SUITES, { ...WHOLE, isPartial: true })).toEqual({
    passed: 0,
    failed: 1,
    complaints: ['Nothing ran.'],
  })
})

/** Files by path with the outcomes of their tests; one without tests could not be loaded. */
function reportOf(files: Record<string, readonly string[]>): Report {
  return {
    testResults: Object.entries(files).map(([file, outcomes]) => ({
      name: `/r/${file}`,
      status: outcomes.length === 0 || outcomes.includes('failed') ? 'failed' : 'passed',
      assertionResults: outcomes.map((status, at) => ({ fullName: `test ${at}`, status })),
    })),
  }
}
