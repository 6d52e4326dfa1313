/** The frame around every screen: header, the screen of the route, notices; and what to show when a screen breaks. */
import { Component, lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { Button } from '../components/button';
import { EmptyState } from '../components/empty-state';
import { ToastRegion } from '../components/toast-region';
import { LinkDialog } from '../desktop/link-dialog';
import { HomeScreen } from '../home/home-screen';
import { modes } from '../modes';
import type { Route } from '../router';
import { ScreenPicker } from '../screen-share/screen-picker';
import { ServicesProvider, useServices, useTexts, type Services } from '../services';
import { useStore } from '../store';
import type { Texts } from '../texts';
import { BeginDialog } from './begin-dialog';
import { Header } from './header';
import { LeaveDialog } from './leave-dialog';
import './app.css';

const DiagnosisScreen = lazy(() =>
  import('../diagnosis/diagnosis-screen').then(({ DiagnosisScreen: Screen }) => ({ default: Screen })),
);
const SettingsScreen = lazy(() =>
  import('../settings/settings-screen').then(({ SettingsScreen: Screen }) => ({ default: Screen })),
);

const CallShell = lazy(() => import('../modes/call/call-shell'));

export function App({ services }: { readonly services: Services }) {
  return (
    <ServicesProvider services={services}>
      <Shell />
    </ServicesProvider>
  );
}

function Shell() {
  const { calls, router } = useServices();
  const texts = useTexts();
  const route = useStore(router);
  const desk = useStore(calls.desk);
  const main = useRef<HTMLElement>(null);
  const mode = modes.find((each) => each.id === route.mode);
  const place = mode !== undefined ? texts.modes[mode.id].name : titleOf(route.mode, texts);
  const title = place === null ? texts.app.name : `${place} · ${texts.app.name}`;

  useEffect(() => {
    performance.mark('callcast:interactive');
    calls.start();
  }, [calls]);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useFocusOnArrival(main, route.mode);

  return (
    <>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          // The hash is the route; only the focus moves.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {texts.app.skip}
      </a>
      <div className="app__top">
        <Header title={place} />
        {desk !== null && (
          <Suspense>
            <CallShell desk={desk} />
          </Suspense>
        )}
      </div>
      <main id="main" ref={main} className="app__main" tabIndex={-1}>
        <ScreenBoundary key={route.mode}>
          <Suspense fallback={<div className="app__loading" />}>
            <RouteScreen route={route} />
          </Suspense>
        </ScreenBoundary>
      </main>
      <LeaveDialog />
      <BeginDialog />
      <LinkDialog />
      <ScreenPicker />
      <ToastRegion />
    </>
  );
}

/** Of the screens that are no modes. */
function titleOf(route: string, texts: Texts): string | null {
  if (route === 'settings') return texts.settings.title;
  return route === 'diagnosis' ? texts.diagnosis.title : null;
}

function RouteScreen({ route }: { readonly route: Route }) {
  const mode = modes.find((each) => each.id === route.mode);
  if (route.mode === '') return <HomeScreen />;
  if (route.mode === 'diagnosis') return <DiagnosisScreen />;
  if (route.mode === 'settings') return <SettingsScreen rest={route.rest} />;
  if (mode === undefined) return <NotFound />;
  if (mode.Screen === null) return <OnItsWay id={mode.id} />;
  return <mode.Screen rest={route.rest} />;
}

function NotFound() {
  const texts = useTexts();
  return (
    <EmptyState level={1} title={texts.app.notFound.title} advice={texts.app.notFound.advice}>
      <a className="button button--primary" href="#/">
        {texts.app.notFound.action}
      </a>
    </EmptyState>
  );
}

function OnItsWay({ id }: { readonly id: (typeof modes)[number]['id'] }) {
  const texts = useTexts();
  const mode = modes.find((each) => each.id === id);
  const picture = mode === undefined ? {} : { picture: <mode.Picture /> };
  return (
    <EmptyState
      level={1}
      {...picture}
      title={`${texts.modes[id].name}: ${texts.app.onItsWay}`}
      advice={texts.modes[id].detail}
    >
      <a className="button button--primary" href="#/">
        {texts.app.notFound.action}
      </a>
    </EmptyState>
  );
}

/** Moving to another screen moves the focus with it, so that a screen reader starts at its top; not on first arrival. */
function useFocusOnArrival(target: { readonly current: HTMLElement | null }, mode: string): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    target.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [target, mode]);
}

/** A screen that throws takes only itself down; its effects' cleanup has released camera and connection. */
class ScreenBoundary extends Component<{ readonly children: ReactNode }, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { readonly broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <Crashed
        onAgain={() => {
          this.setState({ broken: false });
        }}
      />
    );
  }
}

function Crashed({ onAgain }: { readonly onAgain: () => void }) {
  const texts = useTexts();
  return (
    <EmptyState level={1} title={texts.app.crashed.title} advice={texts.app.crashed.advice}>
      <Button variant="primary" onClick={onAgain}>
        {texts.app.crashed.action}
      </Button>
    </EmptyState>
  );
}
