/** Light or dark: the system's choice until the reader makes their own, kept in this browser. */
import { useSyncExternalStore } from 'react'

export type ThemeChoice = 'system' | 'light' | 'dark'

/** The choice, what is shown now (whoever chose it), and a way to choose. */
export interface Theme {
  readonly choice: ThemeChoice
  readonly shown: 'light' | 'dark'
  readonly choose: (choice: ThemeChoice) => void
}

/** Puts the stored choice on <html>. Call it before the first render, so that nothing flashes. */
export function applyStoredTheme(): void {
  mark(storedChoice())
}

export function useTheme(): Theme {
  const choice = useSyncExternalStore(watch, markedChoice)
  const shown = useSyncExternalStore(watch, shownNow)
  return { choice, shown, choose }
}

const storageKey = 'theme'
const watchers = new Set<() => void>()

function choose(choice: ThemeChoice): void {
  mark(choice)
  try {
    if (choice === 'system') localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, choice)
  } catch {
    // Storage can be forbidden (private windows); the choice then lasts for this page.
  }
}

function watch(watcher: () => void): () => void {
  // Each call of matchMedia answers a new object, and a listener belongs to one of them.
  const scheme = darkScheme()
  watchers.add(watcher)
  scheme.addEventListener('change', watcher)
  addEventListener('storage', fromOtherTab)
  return () => {
    watchers.delete(watcher)
    scheme.removeEventListener('change', watcher)
    if (watchers.size === 0) removeEventListener('storage', fromOtherTab)
  }
}

function fromOtherTab(event: StorageEvent): void {
  if (event.key === storageKey) mark(storedChoice())
}

function mark(choice: ThemeChoice): void {
  const { dataset } = document.documentElement
  if (choice === 'system') delete dataset['theme']
  else dataset['theme'] = choice
  for (const watcher of watchers) watcher()
}

/** The mark on <html> is the one truth: the stylesheet and every control read it. */
function markedChoice(): ThemeChoice {
  return choiceOf(document.documentElement.dataset['theme'])
}

function shownNow(): 'light' | 'dark' {
  const choice = markedChoice()
  if (choice !== 'system') return choice
  return darkScheme().matches ? 'dark' : 'light'
}

function darkScheme(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)')
}

function storedChoice(): ThemeChoice {
  try {
    return choiceOf(localStorage.getItem(storageKey))
  } catch {
    return 'system'
  }
}

function choiceOf(text: string | null | undefined): ThemeChoice {
  return text === 'light' || text === 'dark' ? text : 'system'
}
