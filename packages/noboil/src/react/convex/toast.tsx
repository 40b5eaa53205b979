/**
 * Messages for a person, shown by whatever the app shows them with.
 */
import { createContext, type ReactElement, type ReactNode, useContext } from 'react'

/** A message for a person, from a `useMut` that was told to show one. */
export interface Toast {
  readonly kind: 'success' | 'error'
  readonly text: string
}

type Show = (toast: Toast) => void

const Context = createContext<Show | undefined>(undefined)

export interface ToastProviderProps {
  readonly toast: Show
  readonly children?: ReactNode
}

/** Shows the `toast` of mutations below it. Hooks need nothing but Convex's own provider. */
export const ToastProvider = ({ toast, children }: ToastProviderProps): ReactElement => (
  <Context value={toast}>{children}</Context>
)

export const useToast = (): Show | undefined => useContext(Context)
