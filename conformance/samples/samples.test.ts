/** Every code sample of the base, kv and log pages compiles. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { convexFrames } from './convex.frames.ts'
import { frames, readSamples, sampleSources } from './frames.ts'
import { complaintsOf, writeProject } from './project.ts'
import { spacetimedbFrames } from './spacetimedb.frames.ts'

const samples = readSamples()

describe('the samples', () => {
  test('are all there', () => {
    expect([...samples.keys()].filter((name) => name.startsWith('base/'))).toHaveLength(10)
    expect([...samples.keys()].filter((name) => name.startsWith('kv/'))).toHaveLength(13)
    expect([...samples.keys()].filter((name) => name.startsWith('log/'))).toHaveLength(14)
  })

  test('are compiled, on each host that they are for', () => {
    const known = new Set([frames, convexFrames, spacetimedbFrames].flatMap(Object.keys))
    expect([...samples.keys()].filter((name) => !known.has(name))).toEqual([])
    expect([...known].filter((name) => !samples.has(name))).toEqual([])
  })

  test('compile, word for word', () => {
    const folder = writeProject('samples', sampleSources())
    expect(existsSync(join(folder, 'kv/lazy.ts'))).toBe(true)
    expect(complaintsOf(folder)).toBe('')
  })
})
