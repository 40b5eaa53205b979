/** A search as one types: asked for after a pause, and only the last one counts. */
import { useEffect, useRef, useState } from 'react'
import { useBackend } from './backend.tsx'
import type { FoundResult, SearchAnswer } from './port.ts'

export const searchCharsMax = 100
const pauseMs = 250

export interface Search {
  readonly state: 'idle' | 'searching' | 'found' | 'failed'
  /** The last answer there was: it stays while the next one is on its way. */
  readonly answer: SearchAnswer | undefined
  readonly error: unknown
  readonly retry: () => void
}

export function useSearch(typed: string): Search {
  // A backend has it or not for as long as it lives.
  const { useFound = useAsked } = useBackend()
  const text = typed.trim().slice(0, searchCharsMax)
  const asked = usePaused(text)
  const { data, error, retry } = useFound(asked === '' ? null : asked)
  const last = useRef<SearchAnswer>(undefined)
  useEffect(() => {
    if (text === '') last.current = undefined
    else if (data) last.current = data
  })
  const own = asked === text ? data : undefined
  return {
    state: stateOf(text, asked, own, error),
    answer: text === '' ? undefined : (own ?? last.current),
    error,
    retry,
  }
}

function stateOf(
  text: string,
  asked: string,
  answer: SearchAnswer | undefined,
  error: unknown,
): Search['state'] {
  if (text === '') return 'idle'
  if (asked === text && answer) return 'found'
  return asked === text && error ? 'failed' : 'searching'
}

/** The text once it has stood still for a moment; what is empty is so at once. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState('')
  useEffect(() => {
    if (text === '') {
      setPaused('')
      return undefined
    }
    const timer = setTimeout(() => setPaused(text), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return paused
}

interface Outcome {
  readonly text: string
  readonly answer?: SearchAnswer
  readonly error?: unknown
}

/** Asks the catalogue anew for each text, and keeps nothing. */
function useAsked(text: string | null): FoundResult {
  const { search } = useBackend().useActions()
  const [outcome, setOutcome] = useState<Outcome>()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (text === null) return undefined
    const over = new AbortController()
    const ask = async (): Promise<void> => {
      try {
        const answer = await search(text, over.signal)
        if (!over.signal.aborted) setOutcome({ text, answer })
      } catch (error) {
        if (!over.signal.aborted) setOutcome({ text, error })
      }
    }
    void ask()
    return () => over.abort()
  }, [search, text, turn])
  const own = outcome?.text === text ? outcome : undefined
  return {
    data: own?.answer,
    error: own?.error,
    retry: () => {
      setOutcome(undefined)
      setTurn((now) => now + 1)
    },
  }
}
