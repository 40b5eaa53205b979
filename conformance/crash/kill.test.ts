import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { checkSettled } from './check.ts'
import { endAll } from './child.ts'
import type { Survey } from './lines.ts'
import { Lives } from './lives.ts'
import { chanceOf, seedOfRun } from './random.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-crash-'))
afterEach(endAll)
afterAll(() => rmSync(folder, { recursive: true }))

const kills = 50
const seed = seedOfRun()

test(`after each of ${kills} kills everything acknowledged is there, whole, once and in order`, async () => {
  const chance = chanceOf(seed)
  const lives = new Lives(join(folder, 'a.db'), chance, join(folder, 'cache'))
  await lives.whole(200)
  for (let at = 0; at < kills; at++) {
    const how = chance.between(0, 4)
    if (how === 0) await lives.killedAt('transaction')
    else if (how === 1) await lives.killedAt('commit')
    else await lives.killed()
    expect(lives.problems, `seed ${seed}`).toEqual([])
  }
  await lives.settled()
  expect([...lives.problems, ...checkSettled(lives.survey as Survey)], `seed ${seed}`).toEqual([])
  const { acknowledged, refused, replays, entries, purged } = lives.book
  console.log(
    `crash: ${lives.kills} kills, ${acknowledged} acknowledged writes, ${entries.size} entries, ${replays} replays, ${purged.size} purges, ${lives.heirs} lives with work left to do`,
  )
  expect({ kills: lives.kills, refused }).toEqual({ kills, refused: 0 })
  expect(acknowledged).toBeGreaterThan(kills)
  expect(replays).toBeGreaterThan(kills)
  expect(lives.heirs).toBeGreaterThan(0)
})
