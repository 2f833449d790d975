export function Brand({ name }: { name: string }) {
  return (
    <a class="brand" href="#/sessions">
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" class="brand-tile" />
        <path d="M7 10.5l3.6 11 3.4-9.5h4l3.4 9.5 3.6-11" class="brand-line" />
      </svg>
      <span>{name}</span>
    </a>
  );
}
