/** noboil in each benchmark. */
import { join } from 'node:path'
import type {
  AppendContestant,
  BulkContestant,
  CountsContestant,
  TailContestant,
} from '../contestants.ts'
import { BULK, GROUP, makeBallots, PARENTS, TAIL, tailParents } from '../workload.ts'
import { type BenchApp, dataset, fullApp, makePolls, plainApp, voter } from './app.ts'

export const noboilAppend: AppendContestant = {
  name: 'noboil',
  note: 'log append through the factory: validated, policy-checked, idempotency key',
  callers: GROUP,
  calls: 100_000,
  open: (dir, calls) => openAppend(plainApp(join(dir, 'noboil.db')), calls),
}

export const noboilFullAppend: AppendContestant = {
  name: 'noboil, all options',
  note: 'the same with softDelete, rateLimit, pub, two async hooks and counts',
  callers: GROUP,
  calls: 60_000,
  open: (dir, calls) => openAppend(fullApp(join(dir, 'noboil.db')), calls),
}

async function openAppend(
  app: BenchApp,
  calls: number,
): Promise<Awaited<ReturnType<AppendContestant['open']>>> {
  const parents = await makePolls(app, PARENTS)
  const ballots = makeBallots(calls)
  const { vote } = app.as(voter)
  return {
    append: (index) => {
      const ballot = ballots[index]
      if (ballot === undefined) throw new Error(`no ballot ${index}`)
      const { parentIndex, optionIdx, voter: name, idempotencyKey } = ballot
      return vote.append({
        parent: parents[parentIndex] ?? '',
        payload: { optionIdx, voter: name },
        idempotencyKey,
      })
    },
    close: () => app.close(),
  }
}

export const noboilBulk: BulkContestant = {
  name: 'noboil',
  note: 'appendBulk through the factory: every row validated',
  calls: 400,
  open: async (dir, calls) => {
    const app = plainApp(join(dir, 'noboil.db'))
    const parents = await makePolls(app, PARENTS)
    const ballots = makeBallots(calls * BULK)
    const { vote } = app.as(voter)
    return {
      appendBulk: async (index) => {
        const items = ballots.slice(index * BULK, (index + 1) * BULK)
        const { count } = await vote.appendBulk({
          parent: parents[items[0]?.parentIndex ?? 0] ?? '',
          items: items.map(({ optionIdx, voter: name }) => ({ optionIdx, voter: name })),
        })
        return count
      },
      close: () => app.close(),
    }
  },
}

export const noboilTail: TailContestant = {
  name: 'noboil',
  note: 'listAfter through the factory: policy, marks, soft deletes',
  open: async (cacheDir, rows) => {
    const { app, parents } = await dataset(cacheDir, rows, tailParents(rows))
    const { vote } = app.as(voter)
    return {
      listAfter: (parentIndex, seq) =>
        vote.listAfter({ parent: parents[parentIndex] ?? '', seq, limit: TAIL }),
      close: () => app.close(),
    }
  },
}

export const noboilCounts: CountsContestant = {
  name: 'noboil',
  note: 'counts through the factory',
  open: async (cacheDir, rows) => {
    const { app, parents } = await dataset(cacheDir, rows, 1)
    const { vote } = app.as(voter)
    return {
      counts: () => vote.counts({ parent: parents[0] ?? '', field: 'optionIdx' }),
      close: () => app.close(),
    }
  },
}
