import { expect, test } from 'vitest'
import { parseDiagnostics } from '../types/measure.ts'
import { parseSections, renderSections } from './results.ts'
import { digits, summarize, table, times } from './stats.ts'

test('a replaced section leaves the others as they were', () => {
  const first = renderSections(
    new Map([
      ['tail', 'old tail\n\n### detail\n\n- a'],
      ['append', 'appends'],
    ]),
  )
  const sections = parseSections(first)
  const second = renderSections(new Map([...sections, ['append', 'new appends']]))
  expect(second).toBe(first.replace('\nappends', '\nnew appends'))
  expect([...parseSections(second)]).toEqual([
    ['append', 'new appends'],
    ['tail', 'old tail\n\n### detail\n\n- a'],
  ])
})

test('the median of an even number of rounds lies between the middle two', () => {
  expect(summarize([4, 1, 3, 100])).toEqual({ median: 3.5, min: 1, max: 100, rounds: 4 })
  expect(summarize([5, 1, 3]).median).toBe(3)
  expect(() => summarize([])).toThrow('nothing was measured')
})

test('figures carry three digits', () => {
  expect([0.012345, 4.5678, 123.4, 27_555, 431_278, 0].map(digits)).toEqual([
    '0.012',
    '4.57',
    '123',
    '27,600',
    '431,000',
    '0',
  ])
  expect([times(0.456), times(12.345)]).toEqual(['0.46×', '12.3×'])
})

test('a table is a line per row under a head, with columns of one width', () => {
  const lines = ['| a   | longer |', '| --- | ------ |', '| 1   | 2      |']
  expect(table(['a', 'longer'], [['1', '2']])).toBe(lines.join('\n'))
})

test('what tsc prints is read by name, and a missing line is an error', () => {
  const output =
    'Types:   7982\nInstantiations: 15655\nMemory used: 71370K\nCheck time: 0.076s\nTotal time: 0.290s\n'
  expect(parseDiagnostics(output)).toEqual({
    checkMs: 76,
    totalMs: 290,
    instantiations: 15_655,
    types: 7_982,
    memoryMib: 71_370 / 1_024,
  })
  expect(() => parseDiagnostics(output.replace('Check time', 'Bind time'))).toThrow(
    "no 'Check time'",
  )
})
