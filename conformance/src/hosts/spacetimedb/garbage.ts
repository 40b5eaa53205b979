/**
 * V8 keeps the context of a module that nobody uses any more, some megabytes, through several collections of its own: a suite that
 * opens one for each case would run out of memory first.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const maxClosed = 40

let collect: (() => void) | undefined
let closed = 0

/** A host has been closed. */
export function forget(): void {
  closed++
  if (closed % maxClosed !== 0) return
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  setImmediate(collect)
}
