/**
 * The floor of a durable append: parent read, key lookup, head upsert returning seq, insert with its key index,
 * group-committed by 64, and nothing else. No validation, no policy, no savepoints: a statement that throws fails
 * its whole group. Each caller is answered by its own promise, after the COMMIT.
 */
import type { AppendContestant } from '../contestants.ts'
import { GROUP, makeBallots } from '../workload.ts'
import { type Append, type Appended, appendOne, openStore, type Store } from './store.ts'

export const floorAppend: AppendContestant = {
  name: 'floor',
  note: 'hand-written, group commit by 64, node:sqlite',
  callers: GROUP,
  calls: 100_000,
  open: async (dir, calls) => {
    const store = openStore(dir)
    const ballots = makeBallots(calls)
    const append = groupCommit(store)
    return {
      append: (index) => {
        const ballot = ballots[index]
        if (ballot === undefined) throw new Error(`no ballot ${index}`)
        return append({
          parent: store.parents[ballot.parentIndex] ?? '',
          userId: ballot.voter,
          optionIdx: ballot.optionIdx,
          voter: ballot.voter,
          idempotencyKey: ballot.idempotencyKey,
        })
      },
      close: async () => store.db.close(),
    }
  },
}

/** Answers all calls that arrive within one turn of the event loop, up to `GROUP` of them, after one commit. */
export function groupCommit(store: Store): (call: Append) => Promise<Appended> {
  let waiting: Waiting[] = []
  let scheduled = false
  const flush = (): void => {
    const group = waiting.length > GROUP ? waiting.splice(0, GROUP) : waiting
    if (group === waiting) waiting = []
    scheduled = waiting.length > 0
    if (scheduled) setImmediate(flush)
    commitGroup(store, group)
  }
  return (call) =>
    new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject })
      if (scheduled) return
      scheduled = true
      // Not a microtask: the calls of one turn of the event loop are to share a commit, and I/O is to have its turn.
      setImmediate(flush)
    })
}

interface Waiting {
  readonly call: Append
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

function commitGroup(store: Store, group: readonly Waiting[]): void {
  const answers: Appended[] = []
  try {
    store.begin.run()
    for (const { call } of group) answers.push(appendOne(store, call))
    store.commit.run()
  } catch (error) {
    if (store.db.isTransaction) store.rollback.run()
    for (const { reject } of group) reject(error)
    return
  }
  for (const [at, { resolve }] of group.entries()) resolve(answers[at] as Appended)
}
