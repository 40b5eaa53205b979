/** Looking for a film, and what is kept at the moment. */
import { Search as SearchIcon, X } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import { useLocation, useSearch as useQueryString } from 'wouter'
import { Button } from '../base/button.tsx'
import { useTitle } from '../base/shell.tsx'
import { Recalls } from './recalls.tsx'
import { Results } from './results.tsx'
import { searchPath } from './routes.ts'
import { Shelf } from './shelf.tsx'
import { siteName } from './site.ts'
import { searchCharsMax, useSearch } from './use-search.ts'

export function HomePage(): ReactNode {
  const [typed, setTyped] = useTyped()
  const search = useSearch(typed)
  const list = useRef<HTMLDivElement>(null)
  useArrowKeys(list)
  useTitle(typed.trim() === '' ? siteName : `“${typed.trim()}”`, siteName)
  return (
    <div className="movie-home">
      <div className="movie-home__intro">
        <h1 className="home__title" tabIndex={-1}>
          Ask once. <br />
          Keep it a while.
        </h1>
        <p className="home__lede">
          The catalogue is slow. Each film is fetched from it at most once a minute, kept here, and
          shown to everyone.
        </p>
        <SearchField
          typed={typed}
          onType={setTyped}
          onDown={() => list.current?.querySelector<HTMLElement>('a')?.focus()}
        />
      </div>
      <div className="movie-home__list" ref={list}>
        {search.state === 'idle' ? <Shelf /> : <Results typed={typed} search={search} />}
        <Recalls max={3} />
      </div>
    </div>
  )
}

const addressPauseMs = 400
const searchId = 'search'

/** What is typed, kept in the address so that going back finds it again. */
function useTyped(): readonly [string, (text: string) => void] {
  const inAddress = new URLSearchParams(useQueryString()).get('q') ?? ''
  const [, navigate] = useLocation()
  const [typed, setTyped] = useState(inAddress)
  const written = useRef(inAddress)
  useEffect(() => {
    // Somebody went back, or pressed the brand: what the address says is newer than what was typed.
    if (inAddress === written.current) return
    written.current = inAddress
    setTyped(inAddress)
  }, [inAddress])
  useEffect(() => {
    const text = typed.trim()
    if (text === written.current) return undefined
    const timer = setTimeout(() => {
      written.current = text
      navigate(searchPath(text), { replace: true })
    }, addressPauseMs)
    return () => clearTimeout(timer)
  }, [typed, navigate])
  return [typed, setTyped]
}

interface SearchFieldProps {
  readonly typed: string
  readonly onType: (text: string) => void
  /** Down from the field leads into the list. */
  readonly onDown: () => void
}

function SearchField({ typed, onType, onDown }: SearchFieldProps): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  return (
    <form role="search" className="search-field" onSubmit={(event) => event.preventDefault()}>
      <label className="sr-only" htmlFor={searchId}>
        Search films by title, director or year
      </label>
      <SearchIcon className="search-field__icon" size={20} aria-hidden="true" />
      <input
        ref={input}
        id={searchId}
        type="search"
        className="input search-field__input"
        placeholder="Title, director or year"
        autoComplete="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={searchCharsMax}
        value={typed}
        onChange={(event) => onType(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onType('')
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          onDown()
        }}
      />
      {typed !== '' && (
        <Button
          look="plain"
          size="small"
          icon
          className="search-field__clear"
          aria-label="Clear the search"
          onClick={() => {
            onType('')
            input.current?.focus()
          }}
        >
          <X size={18} aria-hidden="true" />
        </Button>
      )}
    </form>
  )
}

/** The arrow keys walk along the films, and up from the first one back to the field. */
function useArrowKeys(list: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = list.current
    const walk = (event: KeyboardEvent): void => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
      const links = [...(element?.querySelectorAll('a') ?? [])]
      const at = links.findIndex((link) => link === document.activeElement)
      if (step === undefined || at < 0) return
      event.preventDefault()
      const next = links[at + step]
      if (next) next.focus()
      else if (step < 0) document.getElementById(searchId)?.focus()
    }
    element?.addEventListener('keydown', walk)
    return () => element?.removeEventListener('keydown', walk)
  }, [list])
}
