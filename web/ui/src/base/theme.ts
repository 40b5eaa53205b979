/** Light or dark: the system's choice until the reader makes their own, kept in this browser. */
import { useCallback, useState } from 'react'

export type ThemeChoice = 'system' | 'light' | 'dark'

const storageKey = 'theme'

/** Puts the stored choice on <html>. Call it before the first render, so that nothing flashes. */
export function applyStoredTheme(): ThemeChoice {
  const choice = storedChoice()
  mark(choice)
  return choice
}

export function useTheme(): readonly [ThemeChoice, (choice: ThemeChoice) => void] {
  const [choice, setChoice] = useState(applyStoredTheme)
  const choose = useCallback((next: ThemeChoice) => {
    mark(next)
    setChoice(next)
    try {
      if (next === 'system') localStorage.removeItem(storageKey)
      else localStorage.setItem(storageKey, next)
    } catch {
      // Storage can be forbidden (private windows); the choice then lasts for this page.
    }
  }, [])
  return [choice, choose]
}

/** What the reader sees now, whoever chose it. */
export function shownTheme(choice: ThemeChoice): 'light' | 'dark' {
  if (choice !== 'system') return choice
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

function mark(choice: ThemeChoice): void {
  const { dataset } = document.documentElement
  if (choice === 'system') delete dataset['theme']
  else dataset['theme'] = choice
}

function storedChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(storageKey)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}
