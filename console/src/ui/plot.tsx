import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** What belongs together in a plot has in each bar the same place. */
export interface Bar {
  readonly label: string;
  /** In the order of the series. */
  readonly parts: readonly number[];
}

interface PlotProps {
  /** What the plot shows, for whoever does not see it. */
  readonly says: string;
  readonly bars: readonly Bar[];
  /** Their names, which may be the same. */
  readonly series: readonly string[];
  readonly wordsOf: (value: number) => string;
}

/** So many series differ by tone and pattern: more are put together before. */
export const MAX_SERIES = 5;

const [HEIGHT, LEFT, BELOW, ABOVE] = [240, 56, 24, 12];
/** How much room a label below the bars takes. */
const LABEL = 72;

/** The width of an element as it is drawn, so that what is written in a picture is as large as other text. */
function useWidth() {
  const element = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(LEFT + LABEL);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width: Math.max(width, LEFT + LABEL) };
}

/** Stacked bars with a scale. All figures stand in a table beside it, so that this is one picture. */
export function Plot({ says, bars, series, wordsOf }: PlotProps) {
  const { element, width } = useWidth();
  const top = niceTop(Math.max(...bars.map(({ parts }) => sumOf(parts))));
  const height = HEIGHT - BELOW - ABOVE;
  const step = (width - LEFT) / bars.length;
  const each = Math.ceil(LABEL / step);
  const yOf = (value: number) => ABOVE + height - (value / top) * height;
  return (
    <figure class="plot" ref={element}>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={says}>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={width} y1={yOf(value)} y2={yOf(value)} />
            <text x={LEFT - 6} y={yOf(value) + 4} text-anchor="end">
              {wordsOf(value)}
            </text>
          </g>
        ))}
        {bars.map(({ label, parts }, index) => (
          <g key={index}>
            <title>{`${label}: ${wordsOf(sumOf(parts))}`}</title>
            {parts.map((part, order) => (
              <rect
                key={order}
                class={`series-${order}`}
                x={LEFT + index * step + step * 0.1}
                width={step * 0.8}
                y={yOf(sumOf(parts.slice(0, order + 1)))}
                height={(part / top) * height}
              />
            ))}
            {index % each === 0 && LEFT + index * step + LABEL <= width + step && (
              <text x={LEFT + index * step} y={HEIGHT - 6}>
                {label}
              </text>
            )}
          </g>
        ))}
      </svg>
      {series.length > 1 && (
        <figcaption>
          {series.map((name, order) => (
            <span key={order}>
              <svg viewBox="0 0 12 12" aria-hidden="true">
                <rect class={`series-${order}`} width="12" height="12" />
              </svg>
              {name}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

export const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The end of the scale: 1, 2 or 5 with zeros, and nothing below the greatest value. */
function niceTop(greatest: number): number {
  if (greatest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(greatest));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= greatest) ?? 10);
}
