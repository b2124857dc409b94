//! Where everything on the stage stands: pure arithmetic from sizes and counts to rectangles, so that a tile's way from the queue to a
//! node is a change of two numbers, which the browser animates.

/// A rectangle, in pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// How much a tile shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// State, name, containers.
    Large,
    /// State and the name's end.
    Medium,
    /// State.
    Small,
    /// A point of colour.
    Tiny,
}

/// The least width and the height of a tile, and the gap between tiles. Large and medium ones take the width that is there.
const SIZES: [(Size, f64, f64, f64); 5] = [
    (Size::Large, 132.0, 36.0, 8.0),
    (Size::Medium, 84.0, 28.0, 6.0),
    (Size::Small, 24.0, 24.0, 4.0),
    (Size::Small, 18.0, 18.0, 3.0),
    (Size::Tiny, 12.0, 12.0, 3.0),
];

/// Kept free below the rooms.
const BOTTOM: f64 = 16.0;
const ROOM_WIDTH_MIN: f64 = 200.0;
const ROOM_HEIGHT_MAX: f64 = 460.0;
const ROOM_PAD: f64 = 12.0;
const ROOM_TOP: f64 = 40.0;
const ROOM_FLOOR: f64 = 52.0;
const LANE_HEIGHT_MIN: f64 = 30.0;
const LANE_TOP: f64 = 28.0;
const LANE_PAD: f64 = 8.0;
const CHIP_ROW: f64 = 34.0;
/// Below this width, queue and services stand one above the other, and the control plane's words are short.
pub const NARROW: f64 = 520.0;
/// Small tiles may scroll over so many heights.
const SCROLL_MAX: f64 = 3.0;
/// On a narrow page, so may all others.
const NARROW_SCROLL: f64 = 1.8;
/// Below this height, everything stands closer.
const LOW: f64 = 430.0;

/// Sizes that depend on the height that is there.
struct Spacing {
    gap: f64,
    part: f64,
    drop: f64,
    bar: f64,
    pad: f64,
}

const ROOMY: Spacing = Spacing { gap: 16.0, part: 44.0, drop: 14.0, bar: 34.0, pad: 12.0 };
const CLOSE: Spacing = Spacing { gap: 10.0, part: 38.0, drop: 8.0, bar: 28.0, pad: 8.0 };

/// What is to be placed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Needs {
    /// The stage's size.
    pub width: f64,
    pub height: f64,
    /// How many pods each worker holds, in the order of the rooms.
    pub rooms: Vec<usize>,
    /// How many pods are drawn on control plane nodes.
    pub control_plane: usize,
    /// How many wait for a node.
    pub queue: usize,
    /// How wide each service's chip is.
    pub chips: Vec<f64>,
}

/// Where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    pub size: Size,
    pub tile: (f64, f64),
    /// The learner's own block.
    pub you: Rect,
    /// The control plane's walls.
    pub frame: Rect,
    /// etcd, scheduler, controller manager: above the API server.
    pub parts: [Rect; 3],
    /// The API server: everything passes through it.
    pub bar: Rect,
    pub queue: Rect,
    pub services: Rect,
    pub rooms: Vec<Rect>,
    /// All of it.
    pub height: f64,
    gap: f64,
    apart: f64,
    columns: usize,
    queue_columns: usize,
    frame_columns: usize,
}

impl Layout {
    /// Places everything with the largest tiles that fit the height. Where none fit, small ones scroll; tiny ones are for crowds.
    #[must_use]
    pub fn new(needs: &Needs) -> Self {
        // A narrow page scrolls anyway: there, what can be read comes first.
        let slack = if needs.width < NARROW { NARROW_SCROLL } else { 1.0 };
        let mut small = None;
        for tile in SIZES.into_iter().filter(|(size, ..)| *size != Size::Tiny) {
            let layout = Self::with_tiles(needs, tile);
            if layout.height <= needs.height * slack {
                return layout;
            }
            small = Some(layout);
        }
        let scrolls = small.filter(|layout| layout.height <= needs.height * SCROLL_MAX);
        scrolls.unwrap_or_else(|| Self::with_tiles(needs, SIZES[SIZES.len() - 1]))
    }

    fn with_tiles(needs: &Needs, (size, min_width, tile_height, gap): (Size, f64, f64, f64)) -> Self {
        let width = needs.width.max(280.0);
        let narrow = width < NARROW;
        let Spacing { gap: apart, part: part_height, drop, bar: bar_height, pad } =
            if needs.height < LOW { CLOSE } else { ROOMY };
        let rooms_count = needs.rooms.len().max(1);
        let fit = (((width + apart) / (ROOM_WIDTH_MIN + apart)) as usize).clamp(1, rooms_count);
        // As even as possible: four rooms stand two by two rather than three and one.
        let room_rows = rooms_count.div_ceil(fit);
        let room_columns = rooms_count.div_ceil(room_rows);
        let room_width = (width - apart * (room_columns as f64 - 1.0)) / room_columns as f64;
        let inner = room_width - 2.0 * ROOM_PAD;
        let columns = columns_in(inner, min_width, gap);
        let stretches = matches!(size, Size::Large | Size::Medium);
        let tile_width = if stretches {
            ((inner - gap * (columns as f64 - 1.0)) / columns as f64).min(min_width * 1.6)
        } else {
            min_width
        };
        let stack = |count: usize, columns: usize| {
            let rows = count.div_ceil(columns.max(1)) as f64;
            if rows == 0.0 { 0.0 } else { rows * (tile_height + gap) - gap }
        };

        let you_width = if narrow { 68.0 } else { 112.0 };
        let frame_x = you_width + if narrow { 14.0 } else { 24.0 };
        let frame_width = width - frame_x;
        let frame_inner = frame_width - 2.0 * pad;
        let part_gap = if narrow { 6.0 } else { 16.0 };
        let part_width = (frame_inner - 2.0 * part_gap) / 3.0;
        let part = |index: f64| Rect {
            x: frame_x + pad + index * (part_width + part_gap),
            y: pad,
            w: part_width,
            h: part_height,
        };
        let bar = Rect { x: frame_x + pad, y: pad + part_height + drop, w: frame_inner, h: bar_height };
        let frame_columns = columns_in(frame_inner, tile_width, gap);
        let held = stack(needs.control_plane, frame_columns);
        let frame_height = bar.y + bar.h + pad + if held > 0.0 { held + apart } else { 0.0 };
        let frame = Rect { x: frame_x, y: 0.0, w: frame_width, h: frame_height };
        let you = Rect { x: 0.0, y: bar.y - 9.0, w: you_width, h: bar.h + 18.0 };

        let lane_y = frame_height + apart;
        let half = if narrow { width } else { (width - apart) / 2.0 };
        let queue_columns = columns_in(half - 2.0 * LANE_PAD, tile_width, gap);
        let queue_height =
            LANE_TOP + stack(needs.queue, queue_columns).max(tile_height).max(LANE_HEIGHT_MIN) + LANE_PAD;
        let chips_height = LANE_TOP + chip_rows(&needs.chips, half - 2.0 * LANE_PAD) as f64 * CHIP_ROW;
        let lane_height = queue_height.max(chips_height);
        let queue = Rect { x: 0.0, y: lane_y, w: half, h: if narrow { queue_height } else { lane_height } };
        let services = if narrow {
            Rect { x: 0.0, y: lane_y + queue_height + apart, w: width, h: chips_height }
        } else {
            Rect { x: half + apart, y: lane_y, w: half, h: lane_height }
        };

        let rooms_y = services.y + services.h + apart;
        let most = needs.rooms.iter().copied().max().unwrap_or(0);
        let needed = ROOM_TOP + stack(most, columns).max(tile_height) + ROOM_FLOOR;
        let space = (needs.height - BOTTOM - rooms_y - apart * (room_rows as f64 - 1.0)) / room_rows as f64;
        let room_height = needed.max(space.min(ROOM_HEIGHT_MAX));
        let rooms = (0..needs.rooms.len())
            .map(|index| Rect {
                x: (index % room_columns) as f64 * (room_width + apart),
                y: rooms_y + (index / room_columns) as f64 * (room_height + apart),
                w: room_width,
                h: room_height,
            })
            .collect();
        Self {
            size,
            tile: (tile_width, tile_height),
            you,
            frame,
            parts: [part(0.0), part(1.0), part(2.0)],
            bar,
            queue,
            services,
            rooms,
            height: rooms_y + room_rows as f64 * (room_height + apart) - apart + BOTTOM,
            gap,
            apart,
            columns,
            queue_columns,
            frame_columns,
        }
    }

    /// The place of the pod at `index` in the room of a worker.
    #[must_use]
    pub fn in_room(&self, room: usize, index: usize) -> (f64, f64) {
        let rect = self.rooms.get(room).copied().unwrap_or_default();
        self.slot(rect.x + ROOM_PAD, rect.y + ROOM_TOP, self.columns, index)
    }

    /// The place of the pod at `index` among those on control plane nodes.
    #[must_use]
    pub fn in_frame(&self, index: usize) -> (f64, f64) {
        self.slot(self.bar.x, self.bar.y + self.bar.h + self.apart, self.frame_columns, index)
    }

    /// The place of the pod at `index` in the queue.
    #[must_use]
    pub fn in_queue(&self, index: usize) -> (f64, f64) {
        self.slot(self.queue.x + LANE_PAD, self.queue.y + LANE_TOP, self.queue_columns, index)
    }

    fn slot(&self, x: f64, y: f64, columns: usize, index: usize) -> (f64, f64) {
        let (column, row) = ((index % columns.max(1)) as f64, (index / columns.max(1)) as f64);
        ((x + column * (self.tile.0 + self.gap)).round(), (y + row * (self.tile.1 + self.gap)).round())
    }
}

fn columns_in(width: f64, tile: f64, gap: f64) -> usize {
    (((width + gap + 0.01) / (tile + gap)) as usize).max(1)
}

fn chip_rows(chips: &[f64], width: f64) -> usize {
    let (mut rows, mut x) = (1, 0.0);
    for chip in chips {
        if x > 0.0 && x + chip > width {
            rows += 1;
            x = 0.0;
        }
        x += chip + 8.0;
    }
    rows
}
