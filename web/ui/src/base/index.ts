/** Base components shared by every app's screens. */
export type { AppError, ErrorCode } from './app-error.ts'
export {
  Button,
  type ButtonLook,
  ButtonLink,
  type ButtonLinkProps,
  type ButtonProps,
} from './button.tsx'
export { Segmented, type SegmentedProps, Switch, type SwitchProps } from './choice.tsx'
export { ConnectionPill, type ConnectionState } from './connection-pill.tsx'
export { CopyButton, type CopyButtonProps } from './copy-button.tsx'
export { Confirm, type ConfirmProps, Dialog, type DialogProps } from './dialog.tsx'
export { ErrorBoundary, type ErrorBoundaryProps } from './error-boundary.tsx'
export {
  Select,
  type SelectProps,
  TextArea,
  type TextAreaProps,
  TextField,
  type TextFieldProps,
} from './field.tsx'
export { LiveRegion, type LiveRegionProps } from './live-region.tsx'
export { RollingNumber, type RollingNumberProps } from './rolling-number.tsx'
export { Shell, type ShellProps, usePageChange, useTitle } from './shell.tsx'
export { type SiteApp, SiteBar, type SiteBarProps } from './site-bar.tsx'
export {
  Avatar,
  type AvatarProps,
  Banner,
  type BannerProps,
  EmptyState,
  type EmptyStateProps,
  Notice,
  type NoticeProps,
  Pill,
  type PillProps,
  Skeleton,
  type SkeletonProps,
} from './surfaces.tsx'
export { ThemeButton } from './theme-button.tsx'
export { applyStoredTheme, type Theme, type ThemeChoice, useTheme } from './theme.ts'
export { agoText, secondsLeft, untilText } from './time.ts'
export { ClockContext, TimeAgo, useNow } from './time-ago.tsx'
export { type ShowToast, ToastProvider, type ToastMessage, useToast } from './toast.tsx'
export { type Attempt, useAttemptWith } from './use-attempt.ts'
export { type Hold, useHeld } from './use-held.ts'
export { type Rise, useIsArrival, useRise, useSeen } from './use-arrivals.ts'
