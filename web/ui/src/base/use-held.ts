/** Shows a choice at once and keeps showing it until the server's own value moves, or the choice fails. */
import { useState } from 'react'

export type Hold<T> = (next: T, send: () => Promise<boolean>) => void

/** `send` answers whether it worked. */
export function useHeld<T>(current: T): readonly [T, Hold<T>] {
  const [held, setHeld] = useState<{ readonly value: T; readonly from: T }>()
  const settle = async (sent: Promise<boolean>): Promise<void> => {
    if (!(await sent)) setHeld(undefined)
  }
  const hold: Hold<T> = (value, send) => {
    setHeld({ value, from: current })
    void settle(send())
  }
  return [held && held.from === current ? held.value : current, hold]
}
