/** The hand-written loop that most applications have: one durable transaction per append, the same statements. */
import type { AppendContestant } from '../contestants.ts'
import { makeBallots } from '../workload.ts'
import { type Appended, appendOne, openStore, type Store } from './store.ts'

export const singleAppend: AppendContestant = {
  name: 'single loop',
  note: 'hand-written, one transaction per append, node:sqlite',
  callers: 1,
  calls: 12_000,
  open: async (dir, calls) => {
    const store = openStore(dir)
    const ballots = makeBallots(calls)
    return {
      append: (index) => {
        const ballot = ballots[index]
        if (ballot === undefined) throw new Error(`no ballot ${index}`)
        return commitOne(store, store.parents[ballot.parentIndex] ?? '', ballot)
      },
      close: async () => store.db.close(),
    }
  },
}

function commitOne(
  store: Store,
  parent: string,
  ballot: { optionIdx: number; voter: string; idempotencyKey: string },
): Appended {
  const { optionIdx, voter, idempotencyKey } = ballot
  store.begin.run()
  try {
    const appended = appendOne(store, { parent, userId: voter, optionIdx, voter, idempotencyKey })
    store.commit.run()
    return appended
  } catch (error) {
    if (store.db.isTransaction) store.rollback.run()
    throw error
  }
}
