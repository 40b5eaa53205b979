/**
 * What happens to emmett-sqlite when calls overlap: every caller appends once, all at the same time, to streams of their own.
 *
 * Its kept connection counts open transactions, so overlapping calls share one and all but the last are answered before the
 * COMMIT. That is seen by asking a second connection, of the same driver, right after each answer; what was committed in the
 * meantime is not counted, so the count is a lower bound. Arguments: file, `kept` or `own`, number of callers.
 */
import { openEmmett } from './emmett-driver.ts'

const [fileName = '', mode, callers] = process.argv.slice(2)
const opened = await openEmmett(fileName, mode === 'kept')
const failures = new Map<string, number>()
let answered = 0
let early = 0

async function call(parentIndex: number): Promise<void> {
  try {
    await opened.append({ parentIndex, optionIdx: 0, voter: '', idempotencyKey: '' })
    answered++
    if (!(await opened.isCommitted(parentIndex))) early++
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    failures.set(reason, (failures.get(reason) ?? 0) + 1)
  }
}

await Promise.all(Array.from({ length: Number(callers) }, (_, parentIndex) => call(parentIndex)))
await opened.close()
const refused = [...failures].map(([reason, times]) => `${times} failed (${reason})`)
process.send?.(
  [`${answered} answered, ${early} of them before their commit`, ...refused].join(', '),
)
process.disconnect?.()
