/** Short messages at the foot of the window, read out by screen readers as they arrive. */
import { CircleAlert, X } from 'lucide-react'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { Button } from './button.tsx'

export interface ToastMessage {
  readonly look?: 'info' | 'error'
  readonly text: string
  /** A way to act on it; a toast with one stays until it is dismissed. */
  readonly action?: { readonly label: string; readonly run: () => void }
}

export type ShowToast = (message: ToastMessage) => void

const shownMax = 3
const infoMs = 5_000
const errorMs = 10_000

export function useToast(): ShowToast {
  return useContext(ToastContext)
}

export function ToastProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly Shown[]>([])
  const dismiss = useCallback((id: number) => {
    setToasts((shown) => shown.filter((toast) => toast.id !== id))
  }, [])
  const show = useCallback<ShowToast>((message) => {
    setToasts((shown) => {
      const id = (shown.at(-1)?.id ?? 0) + 1
      // Saying the same thing twice helps nobody: the newer one replaces the older.
      const others = shown.filter((toast) => toast.message.text !== message.text)
      return [...others, { id, message }].slice(-shownMax)
    })
  }, [])
  const stack = useMemo(
    () => toasts.map((toast) => <Toast key={toast.id} toast={toast} dismiss={dismiss} />),
    [toasts, dismiss],
  )
  return (
    <ToastContext value={show}>
      {children}
      <section className="toasts" aria-label="Notifications" aria-live="polite">
        {stack}
      </section>
    </ToastContext>
  )
}

interface Shown {
  readonly id: number
  readonly message: ToastMessage
}

const ToastContext = createContext<ShowToast>(() => {
  throw new Error('useToast is called outside of ToastProvider')
})

interface ToastProps {
  readonly toast: Shown
  readonly dismiss: (id: number) => void
}

function Toast({ toast, dismiss }: ToastProps): ReactNode {
  const { id, message } = toast
  const [held, setHeld] = useState(false)
  const isError = message.look === 'error'
  const stays = held || message.action !== undefined
  useEffect(() => {
    if (stays) return undefined
    const timer = setTimeout(() => dismiss(id), isError ? errorMs : infoMs)
    return () => clearTimeout(timer)
  }, [stays, isError, id, dismiss])
  return (
    <div
      className={isError ? 'toast toast--error' : 'toast'}
      role={isError ? 'alert' : undefined}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {isError && <CircleAlert className="toast__mark" size={20} aria-hidden="true" />}
      <span className="toast__text">{message.text}</span>
      {message.action && (
        <Button
          look="plain"
          size="small"
          className="toast__action"
          onClick={() => {
            dismiss(id)
            message.action?.run()
          }}
        >
          {message.action.label}
        </Button>
      )}
      <Button look="plain" size="small" icon aria-label="Dismiss" onClick={() => dismiss(id)}>
        <X size={18} aria-hidden="true" />
      </Button>
    </div>
  )
}
