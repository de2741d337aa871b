import { CircleAlert, CircleCheck } from 'lucide-react';
import { Toaster } from 'sonner';
import { useTheme } from '../stores/theme-store.ts';
import { text } from '../text/en.ts';

/** Short notes about actions: in a corner, above the device strip, gone by themselves. */
export function Toasts() {
  const theme = useTheme((state) => state.theme);
  return (
    <Toaster
      theme={theme}
      position="bottom-right"
      offset={{ bottom: 56, right: 16 }}
      closeButton
      style={{ fontFamily: 'inherit' }}
      icons={{
        success: <CircleCheck size={16} strokeWidth={1.75} aria-hidden className="text-done" />,
        error: <CircleAlert size={16} strokeWidth={1.75} aria-hidden className="text-failed" />,
      }}
      containerAriaLabel={text.toasts.label}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-[22rem] items-start gap-2.5 rounded-lg border border-line bg-raised p-3 pr-8 text-base text-ink shadow-2',
          title: 'font-medium break-words',
          description: '!text-ink-2 break-words',
          icon: 'mt-0.5 shrink-0',
          closeButton:
            '!absolute !top-2 !right-2 !left-auto !transform-none !flex !size-5 !items-center !justify-center !rounded-sm !border-0 !bg-transparent !text-ink-3 hover:!bg-pressed',
        },
      }}
    />
  );
}
