import { useEffect, useRef, type ReactNode } from 'react';
import { useLocation } from 'react-router';

/** A page's title, its heading, and where the focus goes when one comes to it (so that a screen reader says where one is). */
export function Page({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key, pathname } = useLocation();
  const read = useRef(key === 'default' ? pathname : undefined);
  useEffect(() => {
    document.title = `${title} · Countersign`;
  }, [title]);
  useEffect(() => {
    // The first page is announced by the browser itself, and what changes within a page leaves the focus where it is.
    if (read.current !== pathname) heading.current?.focus();
    read.current = pathname;
  }, [pathname]);
  return (
    <>
      <hgroup>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead !== undefined && <p>{lead}</p>}
      </hgroup>
      {children}
    </>
  );
}

/** A part of a page with its own heading. */
export function Panel({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  const id = `panel-${title.toLowerCase().replaceAll(/\W+/g, '-')}`;
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
