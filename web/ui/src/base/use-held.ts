/** Shows a choice at once and keeps showing it until the server's own value moves, or the choice fails. */
import { useState } from 'react'

export type Hold<T> = (next: T, send: () => Promise<boolean>) => void

/** What is shown, how to choose, and whether a choice is on its way. `send` answers whether it worked. */
export function useHeld<T>(current: T): readonly [T, Hold<T>, boolean] {
  const [held, setHeld] = useState<{ readonly value: T; readonly from: T }>()
  const settle = async (sent: Promise<boolean>): Promise<void> => {
    if (!(await sent)) setHeld(undefined)
  }
  const hold: Hold<T> = (value, send) => {
    setHeld({ value, from: current })
    void settle(send())
  }
  const isHeld = held !== undefined && held.from === current
  return [isHeld ? held.value : current, hold, isHeld && held.value !== current]
}
