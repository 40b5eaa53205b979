/** Every code sample of the base, kv and log pages compiles, or waits for a host that is named. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { frames, readSamples, sampleSources } from './frames.ts'
import { complaintsOf, writeProject } from './project.ts'

interface Waiting {
  readonly sample: string
  /** What has to exist for the sample to compile as it stands. */
  readonly import: string
  readonly reason: string
}

const library = resolve(import.meta.dirname, '../../packages/noboil')
const read = (file: string): string => readFileSync(file, 'utf8')
const waiting = JSON.parse(read(join(import.meta.dirname, 'waiting.json'))) as Waiting[]
const samples = readSamples()

describe('the samples', () => {
  test('are all there', () => {
    expect([...samples.keys()].filter((name) => name.startsWith('base/'))).toHaveLength(10)
    expect([...samples.keys()].filter((name) => name.startsWith('kv/'))).toHaveLength(13)
    expect([...samples.keys()].filter((name) => name.startsWith('log/'))).toHaveLength(14)
  })

  test('are compiled, or waiting', () => {
    const known = new Set([...Object.keys(frames), ...waiting.map(({ sample }) => sample)])
    expect([...samples.keys()].filter((name) => !known.has(name))).toEqual([])
    expect([...known].filter((name) => !samples.has(name))).toEqual([])
  })

  test('wait no longer once what they import exists', () => {
    const { exports } = JSON.parse(read(join(library, 'package.json'))) as { exports: object }
    for (const { sample, import: path, reason } of waiting) {
      expect(reason).not.toBe('')
      const entry = path.replace(/^noboil/, '.')
      expect(Object.keys(exports), `${sample} need not wait for ${path}`).not.toContain(entry)
    }
  })

  test('compile, word for word', () => {
    const folder = writeProject('samples', sampleSources())
    expect(existsSync(join(folder, 'kv/lazy.ts'))).toBe(true)
    expect(complaintsOf(folder)).toBe('')
  })
})
