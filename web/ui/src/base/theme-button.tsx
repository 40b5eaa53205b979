import { Moon, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { useTheme } from './theme.ts'

/** Changes to the theme that is not shown. */
export function ThemeButton(): ReactNode {
  const { shown, choose } = useTheme()
  const other = shown === 'dark' ? 'light' : 'dark'
  const Icon = other === 'dark' ? Moon : Sun
  return (
    <Button
      look="plain"
      icon
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => choose(other)}
    >
      <Icon size={20} aria-hidden="true" />
    </Button>
  )
}
