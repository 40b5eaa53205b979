/** Tells what came in while the page was open from what was there before. */
import { useRef, useState } from 'react'

export interface Rise {
  /** By how much the value last rose; 0 until it does. */
  readonly by: number
  /** Grows with each rise; a React key that restarts an animation. */
  readonly turn: number
}

/** Follows a number. The first value known is where it starts, not a rise. */
export function useRise(value: number | undefined): Rise {
  const [state, setState] = useState({ last: value, by: 0, turn: 0 })
  if (value !== state.last) {
    const by = value !== undefined && state.last !== undefined ? value - state.last : 0
    const rose = by > 0
    setState({ last: value, by: rose ? by : 0, turn: rose ? state.turn + 1 : state.turn })
  }
  return state
}

/** For a list sorted by something that grows: true for rows newer than all of the first page. */
export function useIsArrival(ranks: readonly number[] | undefined): (rank: number) => boolean {
  const newestAtStart = useRef<number | undefined>(undefined)
  if (newestAtStart.current === undefined && ranks) {
    newestAtStart.current = Math.max(Number.NEGATIVE_INFINITY, ...ranks)
  }
  const start = newestAtStart.current
  return (rank) => start !== undefined && rank > start
}

/** True from the first time the element is near the window; then it stays true. */
export function useSeen(): readonly [boolean, (element: Element | null) => (() => void) | void] {
  const [seen, setSeen] = useState(typeof IntersectionObserver === 'undefined')
  const watch = useRef((element: Element | null): (() => void) | void => {
    if (!element || typeof IntersectionObserver === 'undefined') return undefined
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return
        setSeen(true)
        observer.disconnect()
      },
      { rootMargin: '240px' },
    )
    observer.observe(element)
    return () => observer.disconnect()
  })
  return [seen, watch.current]
}
