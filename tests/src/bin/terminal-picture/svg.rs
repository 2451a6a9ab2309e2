//! A terminal's screen as SVG. Everything stands on the grid of cells, whatever font the reader has.

use std::fmt::Write;
use vt100::{Cell, Color, Screen};

const CELL: (f32, f32) = (8.4, 18.0);
const PADDING: f32 = 14.0;
const TITLE: f32 = 34.0;
const GAP: f32 = 22.0;
const BACKGROUND: &str = "#15181e";
const FOREGROUND: &str = "#d3d7de";
const FRAME: &str = "#20242c";
/// The terminal's first eight colours.
const PALETTE: [&str; 8] =
    ["#2a2f38", "#f0717b", "#8fd07a", "#e8c468", "#6cb2ff", "#c792ea", "#5fd0d6", "#d3d7de"];

/// Windows beside each other, each with its title.
pub fn drawing(windows: &[(&str, &Screen)]) -> String {
    let sizes: Vec<_> = windows.iter().map(|(_, screen)| size(screen)).collect();
    let width = sizes.iter().map(|size| size.0 + GAP).sum::<f32>() + GAP;
    let height = sizes.iter().map(|size| size.1).fold(0.0, f32::max) + 2.0 * GAP;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img" aria-label="Two people chatting in the terminal client">
<style>
text {{ font: 14px ui-monospace, "JetBrains Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono", monospace; white-space: pre; fill: {FOREGROUND} }}
.e {{ font-family: "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", "Noto Sans CJK JP", sans-serif }}
.t {{ font: 13px system-ui, sans-serif; fill: #8d95a3 }}
.b {{ font-weight: 700 }} .d {{ opacity: .5 }}
</style>
"#
    );
    let mut x = GAP;
    for ((title, screen), (width, _)) in windows.iter().zip(sizes) {
        window(&mut svg, x, title, screen);
        x += width + GAP;
    }
    svg + "</svg>\n"
}

fn size(screen: &Screen) -> (f32, f32) {
    let (rows, columns) = screen.size();
    let inside = (f32::from(columns.get()) * CELL.0, f32::from(rows.get()) * CELL.1);
    (inside.0 + 2.0 * PADDING, inside.1 + TITLE + PADDING)
}

fn window(svg: &mut String, x: f32, title: &str, screen: &Screen) {
    let (width, height) = size(screen);
    let middle = width / 2.0;
    let lights = ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate().map(|(index, colour)| {
        format!(r#"<circle cx="{}" cy="17" r="5.5" fill="{colour}"/>"#, 18 + index * 19)
    });
    let lights: String = lights.collect();
    push(
        svg,
        &format!(
            r##"<g transform="translate({x:.1} {GAP:.1})"><rect width="{width:.1}" height="{height:.1}" rx="10" fill="{FRAME}" stroke="#3a404c"/>{lights}<text class="t" x="{middle:.1}" y="21.5" text-anchor="middle">{title}</text>
<path d="M0.5 {TITLE}H{right:.1}V{bottom:.1}a9.5 9.5 0 0 1 -9.5 9.5H10a9.5 9.5 0 0 1 -9.5 -9.5Z" fill="{BACKGROUND}"/>
<g transform="translate({PADDING} {TITLE})">"##,
            right = width - 0.5,
            bottom = height - 10.0
        ),
    );
    for row in 0..screen.size().0.get() {
        draw_row(svg, screen, row);
    }
    if !screen.hide_cursor() {
        let (row, column) = screen.cursor_position();
        let (x, y) = corner(row, column);
        push(
            svg,
            &format!(r#"<rect x="{x:.1}" y="{y:.1}" width="2" height="{}" fill="{FOREGROUND}"/>"#, CELL.1),
        );
    }
    push(svg, "</g></g>");
}

fn corner(row: u16, column: u16) -> (f32, f32) {
    (f32::from(column) * CELL.0, f32::from(row) * CELL.1)
}

/// Cells in a row that look alike.
struct Run {
    column: u16,
    columns: u16,
    look: Look,
    text: String,
}

#[derive(Clone, PartialEq)]
struct Look {
    foreground: &'static str,
    background: Option<&'static str>,
    bold: bool,
    dim: bool,
    kind: Kind,
}

/// How text is put on the grid.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Any number of characters, stretched over their cells.
    Plain,
    /// Lines of a box, drawn instead of written: they join in every font.
    Horizontal,
    Vertical,
    /// One character, in the middle of its cells: it may come from another font, of any width.
    Single,
}

fn draw_row(svg: &mut String, screen: &Screen, row: u16) {
    for run in runs(screen, row) {
        let (x, y) = corner(row, run.column);
        let width = f32::from(run.columns) * CELL.0;
        if let Some(background) = run.look.background {
            push(
                svg,
                &format!(
                    r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{}" fill="{background}" shape-rendering="crispEdges"/>"#,
                    CELL.1
                ),
            );
        }
        if run.text.trim().is_empty() {
            continue;
        }
        draw_text(svg, &run, (x, y), width);
    }
}

fn draw_text(svg: &mut String, run: &Run, (x, y): (f32, f32), width: f32) {
    let mut classes = Vec::new();
    classes.extend(run.look.bold.then_some("b"));
    classes.extend(run.look.dim.then_some("d"));
    let is_single = run.look.kind == Kind::Single;
    classes.extend((is_single && run.columns == 2).then_some("e"));
    let class = if classes.is_empty() { String::new() } else { format!(r#" class="{}""#, classes.join(" ")) };
    let colour = run.look.foreground;
    let fill = if colour == FOREGROUND { String::new() } else { format!(r#" style="fill:{colour}""#) };
    let (middle_x, middle_y) = (x + width / 2.0, y + CELL.1 / 2.0);
    let (baseline, text) = (y + 13.5, escaped(&run.text));
    let element = match run.look.kind {
        Kind::Horizontal => {
            format!(r#"<path d="M{x:.1} {middle_y:.1}h{width:.1}" stroke="{colour}"{class}/>"#)
        }
        Kind::Vertical => format!(r#"<path d="M{middle_x:.1} {y:.1}v{}" stroke="{colour}"{class}/>"#, CELL.1),
        Kind::Single => format!(
            r#"<text x="{middle_x:.1}" y="{baseline:.1}" text-anchor="middle"{class}{fill}>{text}</text>"#
        ),
        Kind::Plain => format!(
            r#"<text x="{x:.1}" y="{baseline:.1}" textLength="{width:.1}"{class}{fill}>{text}</text>"#
        ),
    };
    push(svg, &element);
}

fn runs(screen: &Screen, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..screen.size().1.get() {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else {
            continue;
        };
        let (look, columns) = (look(cell), if cell.is_wide() { 2 } else { 1 });
        let text = if cell.has_contents() { cell.contents() } else { " " };
        match runs.last_mut() {
            Some(run) if run.look == look && look.kind != Kind::Single => {
                run.text.push_str(text);
                run.columns += columns;
            }
            _ => runs.push(Run { column, columns, look, text: text.to_owned() }),
        }
    }
    runs.iter_mut().for_each(trim);
    runs
}

/// Space at the edges needs no ink, unless it is coloured.
fn trim(run: &mut Run) {
    if run.look.kind != Kind::Plain || run.look.background.is_some() || run.text.trim().is_empty() {
        return;
    }
    let count = |text: &str| u16::try_from(text.len()).expect("a line of plain text is short");
    let all = count(&run.text);
    run.column += all - count(run.text.trim_start());
    run.text = run.text.trim().to_owned();
    run.columns = count(&run.text);
}

fn look(cell: &Cell) -> Look {
    let kind = match cell.contents() {
        "─" => Kind::Horizontal,
        "│" => Kind::Vertical,
        text if text.is_ascii() => Kind::Plain,
        _ => Kind::Single,
    };
    let (foreground, background) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    let (foreground, background) = if cell.inverse() {
        (background.unwrap_or(BACKGROUND), Some(foreground.unwrap_or(FOREGROUND)))
    } else {
        (foreground.unwrap_or(FOREGROUND), background)
    };
    Look { foreground, background, bold: cell.bold(), dim: cell.dim(), kind }
}

/// None for the terminal's default.
fn colour(colour: Color) -> Option<&'static str> {
    match colour {
        Color::Idx(index) => PALETTE.get(usize::from(index % 8)).copied(),
        Color::Default | Color::Rgb(..) => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn push(svg: &mut String, element: &str) {
    writeln!(svg, "{element}").expect("a string takes everything");
}
