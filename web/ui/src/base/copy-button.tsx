/** Copies a text, and says that it did in the button's own words. */
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Button } from './button.tsx'

export interface CopyButtonProps {
  readonly text: string
  readonly label: string
  /** Called when the browser refuses, so that the reader can be told to copy by hand. */
  readonly onRefused: () => void
}

export function CopyButton({ text, label, onRefused }: CopyButtonProps): ReactNode {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), 2_500)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      onRefused()
    }
  }
  const Icon = copied ? Check : Copy
  return (
    <Button look="line" onClick={() => void copy()}>
      <Icon size={18} aria-hidden="true" />
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </Button>
  )
}
