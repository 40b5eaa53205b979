/**
 * Makes a Vitest test of each case on one host. A gap is run as well, and must fail: when the host has learned it, the test
 * turns red until the gap is taken out of the driver.
 */
import { describe, expect, test } from 'vitest'
import { allCases } from './cases/all.ts'
import { type Case, nameOf } from './cases/case.ts'
import type { HostDriver } from './driver.ts'
import { enter } from './world.ts'

export function conform(driver: HostDriver): void {
  describe(driver.name, () => {
    const gaps = new Map(Object.entries(driver.gaps))
    for (const each of allCases) {
      const name = nameOf(each)
      const gap = gaps.get(name)
      gaps.delete(name)
      if (gap === undefined) test(name, () => attempt(driver, each))
      else test(`${name} [gap: ${gap}]`, () => mustFail(driver, each))
    }
    test('names only gaps of cases that there are', () => {
      expect([...gaps.keys()]).toEqual([])
    })
  })
}

export async function attempt(driver: HostDriver, { run }: Case): Promise<void> {
  const host = await driver.open()
  try {
    await run(await enter(host))
  } finally {
    await host.close()
  }
}

async function mustFail(driver: HostDriver, gap: Case): Promise<void> {
  try {
    await attempt(driver, gap)
  } catch {
    return
  }
  throw new Error(`The gap has closed: take '${nameOf(gap)}' out of the gaps of '${driver.name}'.`)
}
