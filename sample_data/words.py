"""The word lists and shapes that the invented names are made of."""

from __future__ import annotations


def _w(text: str) -> tuple[str, ...]:
    """The entries of a list written with bars between them."""
    return tuple(" ".join(entry.split()) for entry in text.split("|"))


ARTIST_SHAPES: dict[str, tuple[str, ...]] = {
    "pop": _w("""{first} {last} | {first} {last} | {mono} | {mono} | {mono} | {stage} | {stage}
        | {popband} | {popband} | {first} & {first}"""),
    "rock": _w("""The {rockadj} {rocknoun} | {rockadj} {rocknoun} | {rockband} | {rockband}
        | {rockband} | {first} {last} | {first} {last} & the {rocknoun} | {place} {rocknoun}"""),
    "hip-hop": _w("""{hipnick} {last} | {hipnick} {hipword} | {hipmono} | {hipmono} | {hipmono}
        | {first} {hipword} | {hipmono} & {hipmono} | {hipword} Collective"""),
    "electronic": _w("""{elemono} | {elemono} | {elemono} | {elenoun} {elesuffix}
        | {last} & {last} | {place} {elesuffix} | {eleadj} {elenoun} | {first} {last}"""),
    "jazz": _w("""{first} {last} | {first} {last} | {first} {last} {ensemble}
        | {first} {last} Trio | {first} {last} {ensemble} | The {last} {ensemble}
        | {last} & {last} | {place} Jazz Collective"""),
    "classical": _w("""{first} {last} | {first} {last} | {first} {last} | {first} {last}
        | {first} {last} | {last} Quartet | {last} Ensemble | Camerata {place}
        | {place} Chamber Players | {place} Philharmonia"""),
    "country": _w("""{cfirst} {clast} | {cfirst} {clast} | {cfirst} {clast} | {cfirst} {clast}
        | {cfirst} {clast} & the {cband} | The {clast} {kin} | The {cband}"""),
    "r&b": _w("""{mono} | {mono} | {mono} | {stage} | {stage} | {first} {last} | {first} {last}
        | {rband}"""),
    "indie": _w("""{indadj} {indnoun} | {indband} | {indband} | {indband}
        | {indnoun} {indsuffix} | {first} {last} | {indnoun} & {indnoun}
        | The {indadj} {indnoun}s"""),
    "alternative": _w("""{altadj} {altnoun} | {altband} | {altband} | {altband}
        | {altnoun} {altsuffix} | {place} {altsuffix}"""),
}
"""Shapes of artist names by genre."""

ONCE = ("mono", "stage", "popband", "rband", "rockband", "hipmono", "elemono", "cband", "indband",
        "altband")  # fmt: skip
"""Slots whose entries are whole names: each stands for one artist at most."""

ALBUM_SHAPES: dict[str, tuple[str, ...]] = {
    "pop": _w("""{adj} {thing} | {thing}s & {thing}s | {feeling} Season | {adj} {feeling}
        | Dear {first} | {number} {thing}s | {thing} Therapy | The {feeling} Diaries
        | {rtime} Forever"""),
    "rock": _w("""{place} {thing} | {rockadj} {thing}s | {thing}s & {thing}s
        | Songs from {road} | {number} Miles of {weather} | Live in {place}
        | The {weather} Sessions | {weather} on {road}"""),
    "hip-hop": _w("""{hipalbum} | {hipalbum}, Vol. 2 | The {hipword} Tape | {place} {hipalbum}
        | {hipalbum} Stories | {hipword} & {weather} | The {hipalbum} LP"""),
    "electronic": _w("""{elenoun} | {eleadj} {elenoun} | {elenoun} EP | {place} {elenoun}s
        | {elenoun}s | {eleadj} {weather} | {number} {elenoun}s | {elenoun} / {elenoun}"""),
    "jazz": _w("""{jazzadj} {jazznoun} | {jazznoun} for {first} | Live at the {jazzclub}
        | Midnight at the {jazzclub} | {place} {jazznoun} | {jazznoun}s | The {place} Sessions
        | {jazzadj} {weather} | {first}'s {jazznoun}"""),
    "classical": _w("""{season} {piece}s | {adj} {neonoun} | {neonoun} & {neonoun} | {neonoun}
        | {number} {neonoun}s | {place} Notebook | {season} Studies"""),
    "country": _w("""{croad} | {cthing}s & {cthing}s | {place} {cthing}
        | {number} {cthing}s Ago | {cadj} {cthing} | {cfirst}'s {cthing} | Songs for {croad}
        | {cadj} {rtime}"""),
    "r&b": _w("""{adj} {feeling} | {feeling} | {feeling} & {weather} | {rtime} {feeling}
        | {adj} {weather} | {rtime} Confessions | Letters to {first} | {feeling}, Pt. 1"""),
    "indie": _w("""{adj} {indnoun} | {indnoun}s I Have Known | {season} {indnoun}
        | A {indnoun} of Our Own | {number} {indnoun}s | {weather} in {place}
        | Small {indnoun}s | The {season} Tapes"""),
    "alternative": _w("""{altnoun} | {altadj} {feeling} | {altnoun} {altsuffix}
        | {feeling} Machine | The {altnoun} Years | {number} {altnoun}s | {altadj} {weather}
        | Songs for the {altnoun}"""),
}
"""Shapes of album titles by genre."""

TITLE_SHAPES: dict[str, tuple[str, ...]] = {
    "pop": _w("""{adj} {feeling} | {verb} Me {madverb} | {feeling} on {road}
        | {rtime} {feeling} | Not Your {thing} | {adj} {thing} | {thing} in the {thing2}
        | (Don't) {verb} My {thing} | {number} {thing}s | {first} | {feeling} Looks Good on You
        | Heart Like a {thing} | One More {rtime} | {rtime} Without You | What {first} Said
        | {verbing} {adverb} | Kiss Me in {place} | {adj} for You | {feeling} | {season} Girl
        | If You {verb} Me | All My {thing}s | {weather} & {weather} | Call It {feeling}
        | {feeling} (I {verb} You) | Made of {weather}"""),
    "rock": _w("""{road} | {rockadj} {thing} | {verb} the {thing} | {place} {rtime}
        | Down to {road} | {thing} Woman | {number} Days in {place} | {rockadj} {feeling}
        | {first}'s {thing} | Leaving {place} | {weather} Coming | {verbing} Through {weather}
        | No {feeling} for {first} | {weather} on {road} | The {thing} and the {thing2}
        | {verbing} {adverb} | Mother of {weather} | {place} Burning | {feeling} Train
        | {number} Miles to {place} | Born on {road} | King of {road} | {weather} Blues
        | Son of the {thing2} | Stand Like a {thing}"""),
    "hip-hop": _w("""{hipword} Talk | {hipalbum} | {hipword} (Interlude) | {place} {hipalbum}
        | {hipword} & {hipword} | No {hipword} | {adj} {hipword} | {road} | {hipword} Season
        | {hipword} on My {body} | Dear {first} | {number} on the Clock | {feeling} Tax
        | {weather} Freestyle | {hipalbum}, Pt. 2 | Cold as {weather} | Ask {first}
        | Back on {road} | {feeling} (Skit) | {hipword} Papers | {rtime} in {place}
        | Who's {first}? | {number} Missed Calls | {feeling} Ain't Free"""),
    "electronic": _w("""{elenoun} | {eleadj} {elenoun} | {elenoun} {elesuffix2} | {place}
        | {elenoun} (Dub) | {eleadj} {feeling} | {number}:{clock} | {elenoun} II
        | {place} by Night | {elenoun} (Original Mix) | {elenoun} (Extended Mix)
        | {season} {elenoun} | {weather} | {elenoun} {number} | {place} {elenoun}
        | Into the {elenoun} | {eleadj} {weather} | {feeling} {elesuffix2}
        | {first}'s {elenoun}"""),
    "jazz": _w("""{jazznoun} for {first} | {jazzadj} {jazznoun} | {place} {jazznoun}
        | {first}'s {jazznoun} | {rtime} in {place} | {jazzadj} {weather} | {season} {jazznoun}
        | {number} for {first} | One More {jazznoun} | {jazznoun} No. 2
        | {thing} in the {thing2} | {weather} {jazznoun} | At the {jazzclub}
        | {first} and {first} | {jazzadj} {thing} | A {jazznoun} Called {first}
        | {weather} in {place} | The {thing} {jazznoun} | Goodnight, {first}
        | Walking Home with {first}"""),
    "classical": _w("""{neonoun} | {adj} {neonoun} | {season} {neonoun} | {neonoun} in {season}
        | {place}, {season} | {neonoun} for {first} | The {neonoun} | {neonoun} II | {weather}
        | {season} {weather} | {piece} for {season} | {neonoun} (Piano Version)
        | {number} {neonoun}s"""),
    "country": _w("""{croad} | {cadj} {cthing} | {cfirst}'s {cthing} | {cthing}s & {cthing}s
        | {place} {cthing} | Back to {croad} | {number} {cthing}s | {cthing} on the {cthing2}
        | Ain't No {cthing} | That {cadj} {cthing} | {cfirst} Don't Lie
        | {weather} on the {cthing2} | Me and {cfirst} | {cadj} {rtime} | Daddy's {cthing}
        | {weather} in {place} | Meet Me at {croad} | Hold My {cthing}
        | {feeling} and {cadj} {weather} | If That {cthing} Could Talk | Goodbye, {cfirst}
        | Song for {cfirst}"""),
    "r&b": _w("""{feeling} | {rtime} {feeling} | {verb} Me {madverb} | {adj} {feeling}
        | {adj} {weather} | {first}'s {feeling} | Say {feeling} | {thing} in the {thing2}
        | {feeling} (Interlude) | All Your {feeling} | {weather} on My Skin | No {feeling}
        | {rtime} with You | Need Your {feeling} | {verbing} {adverb} | {weather} & {feeling}
        | Dear {first} | {feeling} in {place} | So {adj} | If {feeling} Calls | {rtime} Drive
        | Your {adj} {thing} | {feeling} (Reprise)"""),
    "indie": _w("""{indnoun} | {adj} {indnoun} | {season} {thing} | {first} in {season}
        | {thing} in the {thing2} | {number} {indnoun}s | {road} | Your {thing}
        | {first}, {first} | {feeling}, Mostly | {weather} in {place} | My Sister's {indnoun}
        | {first} Moved to {place} | {indnoun} Song | Too Much {weather} | The Last {indnoun}
        | {season}, Again | Ode to a {indnoun} | {verbing} {adverb} | Nobody's {indnoun}
        | Good Morning, {first} | {place} | A {indnoun} for {first} | {weather} Person
        | How to {verb} a {indnoun}"""),
    "alternative": _w("""{altnoun} | {altadj} {altnoun} | {altnoun} {altsuffix}
        | {altadj} {feeling} | {verb} the {altnoun} | {thing} in the {thing2}
        | {number} {altnoun}s | {feeling} Machine | {altnoun} Logic | {altadj} {weather}
        | The {altnoun} Problem | Dear {altnoun} | {verbing} {adverb} | {place} Is Burning
        | {feeling} for Sale | No {feeling} | {weather} Warning | Your {altadj} {thing}
        | {altnoun}s in the {thing2} | Death to {feeling} | {rtime} {altnoun}
        | {first} Is Not Here | Hands Off the {altnoun} | {feeling} & {weather}"""),
}
"""Shapes of track titles by genre."""

TITLES: dict[str, tuple[str, ...]] = {
    "pop": _w("""Borrowed Jacket | Glitter on the Floor | Call It Even | Better at Goodbyes
        | Last Train, First Kiss | Hotel Soap | Cherry Cola Sky | Text Me When You Land
        | Pretend It's Friday | Two Left Shoes | Overthinking Again | Halfway Out the Door
        | Silver Lining Girl | Kiss Me Like a Secret | Plus One | Slow Motion Summer
        | Neon Freckles | Nobody's Monday | Double Booked | Stay for the Credits | Second Guess
        | Wish I'd Stayed | Sugar & Static | Photo Booth | Loud in My Head | Parking Lot Stars
        | Maybe in July | One Good Reason | Window Seat | Too Much Perfume
        | Turn the Music Down | Tell Your Friends | Almost Famous Last Words | Dizzy
        | Forget-Me-Not | Cannonball Heart | Lipstick & Rain | The Way You Exit
        | Weekend Person | Nothing but Sparks | Catch Up | Good Intentions | Replay
        | Room for You | Paper Rings of Saturn | Backseat Astronomy | Wrong Number
        | Higher Than the Balcony | Ordinary Magic | Easy to Miss | Blink Twice
        | Honest Mistake | Skip the Party | Ruin My Weekend | Cartwheels | Kinda Sorta Yours
        | My Side of the Story | Rooftop Rules | Glow Like That | Don't Wait Up
        | Little White Sneakers | Postponed | Main Character | Coffee at Midnight
        | Gold Dust & Gossip | Taxi to Tuesday | Say It in the Morning | Butterflies Again
        | Terrible Idea | Fireproof Feelings | Playing It Cool | The Good Kind of Trouble
        | Ghost of Your Hoodie | Sunburn | Best Worst Night | Falling Up | Undo | Left on Read
        | Crush Hour | Birthday Candles | Leave the Lights On | Call Your Mother
        | Pink Champagne Problems | Only in Pictures | Any Other Saturday | Never Been to Paris
        | Confetti Weather | Save the Last Song | Heart on Airplane Mode | Everybody's Ex
        | New Number | Mixed Signals | Lovesick Radio | Magnetic | Stuck on Repeat Again
        | Half Your Heart | Tongue-Tied in Tokyo | The Long Way to You | Sorry in Advance
        | Closer Than Friends"""),
    "rock": _w("""Rattlebone | Gasoline Sunday | Thunder on the Turnpike
        | Broken Dashboard Blues | Wire and Whiskey | Long Shadow of the Mill | Ironwood
        | Let the Engine Idle | Hollow Point Heart | Saints of the Overpass | Diesel Angel
        | Shake the Rafters | Fever in the Feedback | Last Call at the Foundry | Copperhead
        | Burn the Letters | Bad Weather Friend | Stone Cold Saturday | Ride the Fault Line
        | Amplifier Ghost | Nobody Left in Carver | The Devil's Apprentice | Loaded Silence
        | Riverside Reckoning | Kick the Door In | High Voltage Prayer | Black Canvas
        | Rust Belt Lullaby | Between the Sirens | Old Scars, New Roads | Tear Down the Marquee
        | Graveyard Shift | Motor City Moonrise | Wolves at the Wheel | Hand Me the Matches
        | Straight Through the Night | Chain and Anchor | Smoke Without Fire
        | Turn It Till It Breaks | Blood Orange Sunrise | Hammer and Feather | Dead Man's Motel
        | Sister Kerosene | Ten Ton Heart | Pale Rider's Daughter | Bootleg Sunrise
        | Cross the Wire | Run, Delilah Run | Iron in the Water | Last Man in Bellhaven
        | Switchblade Sermon | Whole Lotta Nothing | Gravel Voice | Throw Me the Keys
        | Firewater Rain | Midnight at the Refinery | Paid in Full | House on the Fault
        | Steel Toe Serenade | Crow on the Wire | Dynamite Lullaby | Stray Dog Summer
        | Judge and Jury | The Long Haul | Bury the Radio | Nobody's Hero Now | Backroom Deal
        | Hard Luck Harvest | Tin Roof Thunder | Shotgun Wedding Band | Cold Chrome
        | Roll the Stone | Six String Confession | Outrun the Rain | Hell of a View | Scarecrow
        | Broken Neon | Widowmaker | Spit and Polish | Barefoot on Broken Glass
        | Mercy Street Parade | Lightning Rod | Keep the Motor Running | Ghost Town Choir
        | Bad Penny"""),
    "hip-hop": _w("""Ledger | Corner Store Gospel | Pay Stubs | Cold Cuts | Concrete Orchids
        | Grandma's Kitchen | Double Shift | Off the Meter | Sunday Dress Code | Receipts
        | Window Tint | No Refunds | Elevator Pitch | Third Rail | Blueprint Dust
        | Night Bus Freestyle | Wisdom Teeth | Quarter Water | Rent Day | Speak on It
        | Long Story Short | Overtime | Interest Rates | Same Block, New Keys
        | Chess in the Park | Trophy Case | Back Pocket | Clean Sneakers | Two-Way Mirror
        | Bodega Cat | Uncle Ray's Advice | Heavy Crown, Light Work | Table Manners | Bus Pass
        | Fire Escape | Plain Sight | Coat Check | Exit Interview | What the Block Said
        | Mic Stand | Crossfade | Carry-On | Front Row | Half a Mil | Barbershop Theory
        | Low Beams | Extra Napkins | Family Business Hours | Exhibit A | Pressure Points
        | Day Ones | Red Eye | No Cosign | Plug It In | Stoop Kid Philosophy | Who Raised You
        | Paper Planes & Pagers | Loose Leaf | Backspace | Handshake Deal | Ten Toes
        | Rewind That | Cousin Vinyl | Lunch Money | Tax Bracket | Hold Music
        | After School Special | Good Credit | Ghostwriter | Block Party Etiquette
        | Momma's Voicemail | The Come Down | Kings Don't Text | Street Sweeper Blues
        | Proofread | Ladder Season | Small Bills | Cab Fare | Respectfully
        | Side Hustle Sermon | Mirror, Mirror, Meter | Nickel Bag of Dreams | Free Lunch
        | Check the Weather | Jordan Almonds | Real Estate | Second Verse Curse
        | Ain't in the Brochure | Church on Monday | Last Stop, Everybody Off | Chalk Outlines
        | Rubber Bands | Long Division | Hand Signals | Outside Voice | Say Grace"""),
    "electronic": _w("""Phase Garden | Undertow | Photon Drift | Glasshouse | 3 A.M. Concourse
        | Afterimage | Slow Strobe | Tidal Lock | Magnetic North | Cold Neon | Kinetic
        | Sleepwalk Circuit | Halide | Terminal Blue | Parallax | Night Ferry | Sub Zero Bloom
        | Warehouse Rain | Ghost Handshake | Marble Run | Velvet Static | Lunar Commute
        | Signal Fires | Hydrofoil | Infra | Chromatic Weather | Liquid Crystal Sunday
        | Delay Lines | Motion Study | Low Orbit | Soft Machine Room | Binary Coast
        | Pressure Drop Zone | Echo Location | Last Tram Home | Tessellate | Refraction | Oxide
        | Half-Life | Solaris Hotel | Contour | Vapour Trail Map | Carrier Wave | Deep End
        | Filter Sweep | Northern Grid | Amber Room | Blue Hour Traffic | Coastline Memory
        | Dust in the Projector | Elevator to Europa | Firefly Index | Ghost Notes
        | Hotel Lobby, 4 A.M. | Ice Core | Jetlagged | Kinesis | Long Exposure
        | Midnight Sun Terminal | Neon Rain on Glass | Open Circuit | Platform 9, Northbound
        | Quiet Machines | Rotor | Sine Language | Tape Delay Dreams | Underpass
        | Voltage Garden | White Noise Harbour | Zero Crossing | Aurora Feed
        | Basement Frequencies | Clockwork Tide | Dial Tone Lullaby | Feedback Loop
        | Gravity Well | Hologram | Inner Ring Road | Kite Signals | Lost Packet
        | Mirror Ball Weather | Nightfall Index | Overclock | Pulse Width | Quartz
        | Runway Lights | Skyline in Mono | Turbine | Umbra | Violet Shift | Wavetable
        | Yesterday's Satellite"""),
    "jazz": _w("""Blues for an Empty Chair | The Late Set | Walking Past Marlow's | Ember Waltz
        | Quarter Past Two | Smoke Signals | Rain on Delancey Row | Half-Moon Samba
        | Lullaby for a Bassist | Minor Inconvenience | Brushstrokes | Tea for One
        | Ballad of the Night Porter | Sidewalk Stroll | Crooked Sixth | After the Applause
        | The Cat Upstairs | A Song for Wednesday | Cinnamon & Smoke | Snow on the Bandstand
        | Slow Boat | Uptown Detour | Mister Pemberley | Once in a Quiet Mood | Tangerine Alley
        | The Long Chorus | Paper Moonlight | Bossa for Inès | Harbour Lights Out
        | Sevens and Elevens | Coat and Hat | Midnight Inventory | Three Blocks East
        | Left-Hand Turn | Lamplight Serenade | A Little Out of Tune | What the Drummer Knew
        | Velvet Hour | The Understudy | Blue Umbrella | Almost Like Falling
        | Bicycle for Two Horns | Cellar Door Blues | Don't Wake the Landlord
        | Easy Does It, Earl | Fog on the Quay | Gentle on the Brushes | High Collar
        | Indigo Staircase | Just This Once | Kitchen Table Bop | Last Ferry Home
        | Moonlight on Maple Row | No Strings, Please | Old Coat, New Tie | Pennies and Pearls
        | Quiet, the Baby | Roundabout Way | Seventh Avenue Sigh | Two Cigarettes
        | Under the Awning | Very Nearly Spring | What's Left of Sunday | You Took the Umbrella
        | A Minor Affair | Blue Porcelain | Cab Fare and a Kiss | Dancing with the Janitor
        | Evening Edition | First Snow on Lenox Hill | Good Shoes | Hush Money
        | In No Particular Key | Jasmine and Rye | Knock Three Times More | Left Bank Lullaby
        | My Neighbour's Trumpet | Nearly Three O'Clock | Orchid in the Lapel
        | Pocket Full of Rain | Slow Train to Somewhere | The Tailor's Lament | Three Sugars
        | Up the Fire Escape | Waiting on Winifred"""),
    "classical": _w("""First Snow, Slowly | Felt | The Clockmaker's Daughter | Northern Window
        | Driftglass | Aubade | What the River Kept | Small Hours | A Letter, Unsent
        | Cartography | White Room | The Orchard at Dusk | Glass Lake | Interleaf
        | Old Photographs | Hymn for an Empty House | Breath | Migration | Tidelines
        | The Lamplighter | Between Two Winters | Still Water Study | Canticle | The Weaver
        | Ashlar | Vesper | Paper Birds | Low Sun | Distances | Ferns
        | Aria for a Sleeping City | Before the Thaw | Cloud Chamber | Dust and Light
        | Evensong | Falling Leaves, Rising | Ghost Orchard | Harbour at Night | In the Margins
        | Lake Study No. 2 | Mirror Canon | Night Train, Second Class
        | On the Surface of Things | Pale Morning | Quiet Rooms | Rain Notation
        | Seven Small Stones | The Empty Ballroom | Under Ice | Variations on a Lullaby
        | Whale Fall | A Room Facing East | Bell Tower | Chalk | Distant Choir
        | First Light Over Water | Hollow Oak | Letters to My Father | Moss | Unwritten"""),
    "country": _w("""Gravel in My Boots | Sundown on Cutler Ridge | Mama's Porch Light
        | Two-Lane Prayer | Tailgate Philosophy | Whiskey Don't Write Back | Church Shoes
        | Barbed Wire Valentine | Heartache by the Mile | The Dog Stayed | Hand-Me-Down Guitar
        | Dust on the Dashboard | Sweet Tea & Thunder | Goodbye, Amarillo Sky | Bluebonnet Girl
        | Truck Stop Angel | Where the Blacktop Ends | Pawn Shop Ring | Daddy's Pocketknife
        | Half a Tank | Hay Bale Summer | Leave the Gate Open | Small Town Satellite
        | Coal Dust Lullaby | She Took the Good Truck | Neon Cross | Rodeo Rain | Cottonwood
        | One Beer Short | County Line | Saddle Up, Sorrow | Kitchen Radio | Back Forty
        | Old Hound Blues | Love and Other Chores | Creek Don't Rise | Raised on Rain
        | Honeysuckle Hill | Nothing Open Sunday | Long Way to Laurel Fork
        | All Hat, No Heartache | Biscuits and Gasoline | Crooked Cross Saloon
        | Don't Fence My Heart | Every Other Weekend | Front Pew | God, Guitars and Gravel
        | Hard Row | I Left My Hat in Laredo | July Fourth Firefly | Kentucky Rain Check
        | Last Good Pair of Jeans | Mason Jar Moonlight | Never Trust a Fiddle Player
        | Old Truck, New Ring | Porchlight Moths | Quarter for the Jukebox | River Don't Judge
        | Screen Door Summer | The Feed Store Waltz | Up Before the Rooster
        | Washed in the Tallow | Wrong Side of Whiskey | Yonder | Ain't Dead Yet
        | Bourbon and Brimstone | Courthouse Steps | Dixie Left in April | Fishing Line
        | Grandpa's Tractor Song | Hell's Half Acre | If the Barn Could Sing
        | Kicking Up Gravel | Long Black Skillet | Mud on the Mudflaps | Not My First Goodbye
        | Prairie Smoke | Rust Never Asked | Sweetgrass | Ten Dollar Boots"""),
    "r&b": _w("""Slow Pour | Silk Hours | Satin Alibi | Tell Me Twice | Bedroom Weather
        | Late Checkout | Honey Don't Rush | Candle Math | Voicemail, 2 A.M. | Softest Landing
        | In Your Orbit | Undone | Patience, Baby | Amber Light | Close Enough | Linger
        | Say Less, Stay More | Skin Memory | Before You Go Home | Red Wine Logic
        | The Quiet Part | No Rush Hour | Soft Launch | Unread | Pillow Talk Radio
        | Half Past Us | Grown Folks' Problem | Good Morning, Stranger | Touch & Go
        | Mine by Morning | Emotional Labor | Sweet Nothing Much | Slow Burn Saturday
        | Worth the Wait | Keys Under the Mat | Butter | Gravity Works | Warm Side of the Bed
        | Your Name in My Mouth | Low Lights | After the Afterparty | Body Clock | Come Correct
        | Don't Tell the Moon | Easy, Lover | First Name Basis | Good for Me
        | Hold the Elevator | In My Feelings, Out of Reach | Just Like Water
        | Kiss and Make Time | Lay It Down Easy | Made for Two | Nobody's Listening
        | Only When It Rains | Peach Season | Quit Playing Fair | Right Where You Left It
        | Sunday Silk | The Long Goodnight | Up All Night with You | Velvet Rope
        | Why You Gotta Glow | Your Favorite Song | All In, All Over
        | Blue Light Special Delivery | Call Me When It's Over | Deep Breath
        | Every Little Hour | Friend Request | Golden Rule | Heaven on Hold | I Owe You One
        | Jasmine | Love Language Barrier | Moonlit Kitchen | No Makeup
        | On the Low, On the Level | Pour Me Slow | Sweat Equity"""),
    "indie": _w("""Secondhand Telescope | Postcards to Nobody | The Year We Moved
        | Laundromat Love Song | Tangled Kites | Cardboard Kingdom | Apartment 4C
        | Soft Animals | Bicycle Weather | All My Houseplants | Tape Hiss
        | A Map of Your Freckles | Sleeping on the Ferry | Mild Panic | Orange Peel
        | Library Fines | The Neighbours' Piano | Ghost in a Cardigan | Wednesday Birds
        | Unfinished Basement | Letters from the Lighthouse | Kitchen Floor | Half-Remembered
        | Slow Dog | Dandelion Clock | Cold Coffee, Warm Hands | Swimming Lessons
        | Thrift Store Suit | Window Plants | Polaroid of a Parade | Owl Hours
        | Not Quite Autumn | Quiet Car | Pinecone | Attic Light | We Were Almost Taller | Moths
        | Train Set | Salt on the Sill | Borrowed Time Machine | Soup Weather | Marigold
        | Rainy Day Fund | My Mother's Record Player | Field Trip | Alphabet Soup | Bird Noises
        | Company Picnic | Dishwasher Symphony | Every Third Tuesday | First Apartment
        | Goldfish | House Sitting | I Learned Your Bus Route | Jam Jar Fireflies | Kite String
        | Lost Dog Posters | Museum of Small Mistakes | Night Swimming Permit
        | Our Landlord's Cat | Pencil Shavings | Quilt Weather | Raincoat | Snow Day Rules
        | Tea with the Ghost | Unsent | Vacant Lot Botany | Winter Coat Pockets
        | X Marks the Couch | Your Handwriting | Bad at Birthdays | Camera Shy
        | Driftwood Furniture | Empty Swimming Pool | Ferris Wheel Fear
        | Grandfather's Binoculars | Half a Sandwich | In the Margins of Your Book | Jigsaw
        | Keeping Bees | Lemon Tree Summer | Map to Nowhere Nice | Nearly Home | Overdue
        | Paper Crown | Quiet Hours | Roller Rink | Sweaters in May | Telephone Game
        | Umbrella Theory | Wet Paint"""),
    "alternative": _w("""Static Hymn | Burn Notice | Chemical Sunday | Plastic Saints
        | Emergency Exit Only | Undertaker's Waltz | Dead Channel | Nerve Ending | Anhedonia
        | Concrete Lung | Paper Cuts | The Great Unfollow | Exit Wound | Bruise Light
        | Sleep Debt | Low Battery | Terms of Surrender | Hollow Crown | Side Effects
        | Disappearing Act | Cathode | Fault Lines | Vacancy | Wolf Hour
        | Swallow the Sun Whole | Razor Garden | Monochrome | Collateral | Overexposed
        | Ash Wednesday Morning | Blackout Curtain | Feral | Insomnia Club | Parasite Season
        | Skeleton Key Party | Warning Label | Ultraviolet Grief | White Noise Machine
        | Zero Sum | Panic Room Service | All the Wrong Sirens | Black Mould Lullaby
        | Cut the Feed | Dial Tone | Every Exit Locked | Fluorescent | Glass Teeth
        | Hospital Corners | I, Disaster | Just Another Riot | Knife Drawer | Last Seen Online
        | Medicine Cabinet | Nothing Grows Here | Overpass Kids | Pulse Check
        | Quit While You're Behind | Rust in the Water | Sick Day | Tinnitus
        | Under Surveillance | Venom for Breakfast | Weather Balloon | Your Worst Angle
        | Apathy Olympics | Bite the Hand | Comfort Noise | Delete the Evidence | Empty Mall
        | Fever Chart | Gutter Stars | Half-Awake | Ink Blot | Jawbreaker Heart
        | Kill Switch Romance | Lead Paint | Margin of Error | New Skin | Oxygen Thief
        | Please Hold | Ransom Note | Slow Poison Summer | Telegraph Hill Riot | Vertebrae"""),
}
"""Whole titles by genre; each is used once."""

POOLS: dict[str, tuple[str, ...]] = {
    "first": _w("""Adela | Amos | Anouk | Ansel | Ari | Beatrix | Bram | Calla | Casimir | Cleo
        | Cosima | Dario | Delphine | Desmond | Edda | Elio | Elodie | Emeric | Enzo | Esme
        | Ezra | Fable | Farrah | Felix | Fern | Freya | Gideon | Greta | Hana | Hollis | Idris
        | Ilse | Imogen | Inès | Isolde | Ivo | Jaya | Jonah | Juno | Kaia | Kasper | Keziah
        | Lars | Leonie | Lior | Lucian | Mabel | Maren | Marlon | Matteo | Mika | Mira | Nadia
        | Nell | Nico | Noor | Odessa | Olive | Orla | Otis | Petra | Priya | Quincy | Rafael
        | Remy | Rosalind | Rufus | Sanna | Selma | Silas | Simone | Soren | Tamsin | Tariq
        | Thea | Theo | Tobias | Uma | Vera | Viggo | Wanda | Wilhelmina | Xenia | Yara | Yusuf
        | Zadie | Zora"""),
    "last": _w("""Abernethy | Adeyemi-Ross | Ashgrove | Bancroft | Baptiste-Lowe | Brackenridge
        | Calloway-Reyes | Castellane | Corvane | Dallimore | Delacroy | Desrosiers | Dunmarrow
        | Ellery | Fairbourne | Fenwright | Fontayne | Garrowby | Greaves | Halloran
        | Harrowgate | Hartnell | Haverford | Imrie | Inverarity | Jessamy | Kaplinsky
        | Kestrel | Kilbride | Lachance | Lindholm | Loxley | Marchetti | Mensah-Grey
        | Moncrieff | Montclair | Mossley | Nakagawa-Bell | Northcote | Oakhurst | Oduya
        | Ogilvie | Okonjo | Osei-Tutu | Pallister | Pemberton | Penhallow | Petrosian
        | Quarrie | Rasmussen-Hill | Renwick | Roswell | Sablon | Salter | Santoro | Sedgewick
        | Sorrell | Stillwell | Summerhayes | Tennick | Thornbury | Threlfall | Tredwell
        | Underhill | Vantongeren | Varga | Vellacott | Wakeling | Wetherby | Whitlock
        | Winterbourne | Wolfe-Adeyemi | Yarrow | Zielinska"""),
    "classical.last": _w("""Aldenhoven | Bartosik | Bergström-Hale | Brandauer | Castelnau
        | Czernohorsky | Dahlgaard | Dragomirescu | Eriksdotter | Fauconnier | Fjellheim
        | Grünewalt | Halvorsrud | Hjorth | Ivanišević | Jankauskas | Karlowitz | Keresztes
        | Koivuranta | Kowalczyk | Lachmann | Lemoyne | Lindenau | Maeterling | Marchesani
        | Mirabeau | Nordenskar | Novotna | Obermayr | Ostrander | Pasquini | Petrauskas
        | Quesnel | Rautio | Renquist | Rosenthaler | Sandoval-Ruiz | Sigurdsson | Steinhöfel
        | Szentkirályi | Tarkowska | Thorvald | Tiefenbach | Uhlenbrock | Valcourt | Varkonyi
        | Vestergaard | Wallenrod | Wierzbicki | Zoltanfi"""),
    "mono": _w("""Avelyn | Bexley | Caelia | Calisto | Dovie | Elowen | Faelan | Ginevra
        | Halden | Isaura | Jovienne | Kaelo | Kitsu | Liora | Maiven | Mazarine | Nerissa
        | Ondine | Oriel | Quilla | Rhiane | Rozlyn | Saffi | Solenne | Taviel | Tindra
        | Wrenna | Xiola | Ysolde | Zaria | Zephine | Miloh | Tenoch | Adaezi | Ilario | Jaxen
        | Darnelle | Amorie | Brielle-Marie | Cosmo | Devyn | Emberly | Ferrin | Lumi | Noémie
        | Perla | Sabeen | Tovena"""),
    "popband": _w("""Cherry Avenue | Polar Boys | Saturday Cinema | The Velvet Phones
        | Sugar Harbour | Neon Postcard | Candy Armada | Highrise Hearts | Glass Carousel
        | Pink Terminal | Hello Meridian | Bubblegum Supply | The Afterglow Girls | Paper Limousine
        | Magic Elevator"""),
    "rband": _w("""Velour Society | Midnight Parlour | The Ambertones | Satin Avenue
        | Amber District | Quiet Companions | Slow Harbour | The Silhouettes of June"""),
    "rockadj": _w("""Rusted | Broken | Crimson | Electric | Hollow | Iron | Savage | Black Oak
        | Burning | Howling | Loaded | Midnight | Reckless | Scarlet | Thunder | Wicked
        | Gilded | Restless | Smoking | Bitter | Ragged | Wandering | Golden | Lonesome"""),
    "rocknoun": _w("""Turnpike | Marauders | Foundry | Pistons | Wolves | Saints | Cartel
        | Ramblers | Vipers | Anvils | Preachers | Outriders | Rattlers | Drifters | Furnace
        | Highwaymen | Magpies | Revenants | Engines | Hounds | Cannonade | Brawlers | Nomads
        | Tremors | Jackals | Barons | Locomotive | Ravens | Sirens | Machinists"""),
    "road": _w("""Route 19 | Fifth and Marlow | Canal Street | Old Mill Road | Harbour Row
        | Union Avenue | Pine Hill | Exit 42 | Cemetery Lane | Ashland Road | Kingfisher Street
        | Station Road | Boulevard 9 | Quarry Hill | Lower Main | Orchard Street
        | Interstate 61 | Westbound Lane | Tanner's Row | Eighth Street"""),
    "place": _w("""Bellhaven | Carver | Dunmore | Eastmoor | Fallbrook | Glenmore | Halmstad
        | Inverlea | Juniper Bay | Kessel | Lisbon | Marlow | Northgate | Ostholm | Port Ellery
        | Quayside | Ravensburg | Saltmarsh | Tallow Creek | Umber Hill | Valmont | Westerly
        | Yarmouth Sound | Trieste | Utrecht | Bergen | Tallinn | Porto | Leith | Galway
        | Ostend | Malmö | Ljubljana | Gdynia | Sable Island | Cape Linden | Old Harbour
        | Nordvik"""),
    "hipnick": _w("""Young | Big | Lil | Kid | Prof. | King | Uncle | Slim | Saint | Deacon
        | Chief | Brother | Major"""),
    "hipword": _w("""Cadence | Tamarind | Ledger | Cipher | Prose | Velvet | Marble | Saffron
        | Paragraph | Kerosene | Mercury | Granite | Stanza | Jasper | Copper | Clover | Oracle
        | Mosaic | Pallor | Sermon | Tundra | Voltage | Zenith | Almanac | Ember | Fathom
        | Gambit | Halo | Ivory | Jubilee | Kingpin | Lantern | Monarch | Novella | Onyx
        | Pigeon | Quarter | Riddle | Solace | Tariff"""),
    "hipmono": _w("""Kavelli | Doxxa | Verse Meridian | Trey Almanac | Nine Lanterns
        | Mazz Carter-Lee | Okari | Sir Tobin | Benny Halftone | Rook Delano | Jae Monsoon
        | Tiptoe Rivers | Maliq Storm | Cassius Vale | Dezmond Fly | Pharo Kin | Zay Domino
        | Noble Ink | Rico Parable | Mic Lattimore | Tenement Kings | Kofi Static
        | Duke Ambrose | Ghost Ledger | Northside Choir | Taj Wonder | Lady Syntax
        | Remi Fontaine | Queen Vexa | Asha Blak"""),
    "hipalbum": _w("""Corner Sermon | Night Shift | Block Almanac | Paper Trail | Front Porch
        | Cold Pockets | Gold Tooth | Family Plate | Black Coffee | Late Fee | Bus Route
        | Side Door | Long Money | Street Atlas | Window Seat | Borrowed Crown | Rooftop Letter
        | Basement Prayer | House Rule | Summer School | Open Tab | First of the Month
        | Loose Change | Quiet Flex | City Map"""),
    "elemono": _w("""Noctule | Halcyon Relay | Vantae | Kairoku | Osk Harrow | Moduline
        | Lumenaut | Paraglyph | Zerofold | Aeolux | Subterra | Ctrl Garden | Driftwave
        | Echolalie | Fennec Arp | Glyphic | Hexatone | Isobar | Juno Array | Kelvinist
        | Lowpass Luna | Myrkur Data | Nanobloom | Oblivia | Pharos | Quanta Soul | Rezonator
        | Sonder Unit | Tesselar | Ultramar | Vektor Sun | Wavefolder | Xenolith | Yttria
        | Zonda Club | Axiom Bay"""),
    "eleadj": _w("""Distant | Lunar | Solar | Velvet | Slow | Soft | Hidden | Polar | Liquid
        | Hollow | Infinite | Quiet | Crystal | Neon | Endless | Amber | Fractal | Submerged
        | Weightless | Nocturnal"""),
    "elenoun": _w("""Aperture | Transit | Cascade | Signal | Vector | Horizon | Prism | Lattice
        | Orbit | Tide | Voltage | Meridian | Circuit | Pulse | Reflection | Corridor
        | Satellite | Monolith | Spectrum | Delta | Gradient | Helix | Isotope | Module
        | Nebula | Oscillation | Pattern | Resonance | Sequence | Threshold | Vessel | Zenith
        | Array | Beacon | Current | Dome"""),
    "elesuffix": _w("""Relay | Systems | Club | Unit | Theory | Department | FM | Division
        | Union | Protocol | Transmission | Bureau"""),
    "elesuffix2": _w("""Study | Theory | Loop | State | Field | Motion | Bloom | One | Return
        | Zero"""),
    "clock": _w("00 | 04 | 15 | 17 | 30 | 42 | 45 | 58"),
    "ensemble": _w("Quartet | Quintet | Trio | Sextet | Octet | Big Band | Group | Orchestra"),
    "jazzadj": _w("""Blue | Late | Indigo | Mellow | Crooked | Slow | Autumn | Amber | Uptown
        | Midnight | Lazy | Smoky | Silver | Quiet | Sideways | Sentimental"""),
    "jazznoun": _w("""Waltz | Ballad | Blues | Stroll | Nocturne | Samba | Serenade | Shuffle
        | Reverie | Chorus | Conversation | Lullaby | Bounce | Prelude | Theme | Promenade
        | Vamp | Bossa | Swing"""),
    "jazzclub": _w("""Blue Lantern | Copper Room | Velvet Stair | Half Note Cellar
        | Marlow Street | Orchid Lounge | Old Foundry | Basement Door"""),
    "work": _w("""String Quartet | Piano Sonata | Violin Sonata | Piano Trio | Symphony
        | Cello Sonata | Piano Concerto | Violin Concerto | Wind Quintet | Serenade
        | Sinfonietta"""),
    "piece": _w("""Nocturne | Prelude | Étude | Impromptu | Bagatelle | Mazurka | Intermezzo
        | Waltz | Rhapsody | Fantasia | Romance | Barcarolle"""),
    "neonoun": _w("""Threshold | Snowfall | Reverie | Horizon | Lullaby | Cathedral | Garden
        | Winter Light | Silence | Meadow | Elegy | Passage | Lantern | Harbour | Sparrow
        | Petrichor | Constellation | Solstice | Estuary | Pilgrimage | Murmuration | Almanac
        | Hollow | Shoreline | Embers | Procession | Afterglow | Twilight | Winter Garden
        | Glacier"""),
    "season": _w(
        "Winter | Spring | Summer | Autumn | November | February | Midsummer | October | June"
    ),
    "cfirst": _w("""Clay | June | Boone | Loretta Mae | Wade | Dixie | Travis Lee | Sadie
        | Colt | Maybelle | Hoyt | Ruthie | Garrett | Tammy Jo | Buck | Annalee | Dwight
        | Clementine | Jesse | Savannah | Luke Allen | Georgia | Emmett | Josie | Roy | Lacey
        | Tucker | Darlene | Cody | Shelby | Waylon T. | Kacey Ann | Levi | Marlene | Bo
        | Charlene | Rhett | Willa"""),
    "clast": _w("""Hollister | Tolliver | Ketchum | Braddock | Stallings | McCrae | Tuttle
        | Yarborough | Culpepper | Haskell | Dillard | Sizemore | Lockhart | Prather | Rawlings
        | Beaumont | Cutshaw | Dockery | Pruitt | Goforth | Mayhew | Strickland | Whitaker
        | Ledbetter | Barlow | Hargrove | Massengill | Overstreet | Peavey | Rutledge
        | Stockard | Threadgill | Vickery | Wofford"""),
    "cband": _w("""Dry Creek Band | Cottonmouth Ramblers | Prairie Saints | Whistle Stop
        | Gravel Road Revival | Tumbleweed Choir | Laurel Fork Boys | Honky Tonk Almanac
        | Buckshot Band | Magnolia Drifters | Copper Canyon | Lonesome Acre | Flatbed Prophets
        | Sawmill Strings"""),
    "kin": _w("Brothers | Sisters | Family Band | Cousins"),
    "cadj": _w("""Dusty | Lonesome | Whiskey | Neon | Backroad | Rusty | Honky Tonk | Hometown
        | Wild | Broken | Muddy | Southern | Homemade | Sunday | Stubborn"""),
    "cthing": _w("""Porch | Fence | Truck | Prayer | Guitar | Creek | Barn | Boot | Moon
        | Jukebox | River | Wildflower | Highway | Rodeo | Harvest | Cornfield | Radio | Saddle
        | Bonfire | Levee | Pickup | Campfire | Bottle | Heartache"""),
    "cthing2": _w(
        "Radio | Levee | Porch | Ridge | Dashboard | Fence Line | Back Forty | Water Tower"
    ),
    "croad": _w("""County Road 12 | Laurel Fork | Dry Creek | Route 9 | Cutler Ridge
        | Cedar Hollow | Old Ferry Road | Magnolia Bend | Sawmill Lane | Red Clay Road
        | Tupelo Lane | Pecan Street | Sugar Hill | Miller's Crossing"""),
    "indadj": _w("""Paper | Tin | Moth | Winter | Soft | Wooden | Gentle | Tiny | Pale
        | Distant | Salt | Quiet | Woolen | Sleepy | Hidden | Amber | Crooked | Little | Early
        | Velvet | Lonely | Secondhand | Careful | Northern"""),
    "indnoun": _w("""Harbour | Lantern | Parade | Fern | Orchard | Kite | Sparrow | Cardigan
        | Museum | Lighthouse | Telescope | Moth | Cabin | Thicket | Canoe | Atlas | Postcard
        | Otter | Pavilion | Teacup | Nursery | Comet | Meadow | Sweater | Bicycle | Birdhouse
        | Aviary | Caravan | Cinema | Daybed | Ferry | Greenhouse | Hedgerow | Inkwell
        | Jamboree | Kettle | Lagoon | Mapmaker | Oboe | Quilt"""),
    "indsuffix": _w(
        "Club | Society | Choir | Weather | Season | Ghost | Theatre | Letters | School"
    ),
    "altadj": _w("""Static | Grey | Hollow | Plastic | Neon | Sunken | Feral | Silent | Violet
        | Chrome | Bleak | Fever | Lowlight | Minor | Acid | Ultra | Paranoid | Vacant | Bitter
        | Frozen"""),
    "altnoun": _w("""Cathedral | Orchard | District | Machine | Asylum | Mirror | Antenna
        | Wire | Vulture | Arcade | Sermon | Spiral | Concrete | Ritual | Tower | Anatomy
        | Satellite | Motel | Nerve | Parade | Cinder | Colony | Daughter | Filament | Gallows
        | Halogen | Icon | Jaw | Kerosene | Locust | Mannequin | Needle | Obelisk | Plague
        | Quarantine"""),
    "altsuffix": _w(
        "Theory | Division | Youth | Ghosts | Letters | Radio | Riot | Station | Effect | Season"
    ),
    "adj": _w("""Golden | Quiet | Velvet | Borrowed | Faded | Electric | Paper | Silver
        | Distant | Tender | Broken | Restless | Hollow | Gentle | Crimson | Midnight | Honest
        | Wild | Sudden | Perfect | Blue | Reckless | Lonely | Hidden | Slow | Endless | Bright
        | Bitter | Sweet | Weightless"""),
    "thing": _w("""Mirror | Window | Letter | Postcard | Summer | Diamond | Ocean | Hurricane
        | Shadow | Telephone | Jacket | Photograph | Balcony | Candle | Mountain | River
        | Ribbon | Garden | Suitcase | Staircase | Lantern | Heartbeat | Bridge | Passport
        | Engine | Compass | Feather | Harbour | Ladder | Island | Magnet | Needle
        | Ticket | Umbrella | Wildfire | Blanket | Carousel | Domino | Elevator"""),
    "thing2": _w("""Rain | Dark | Hallway | Kitchen | Mirror | Snow | Backseat | Morning
        | Distance | Water | Attic | Fog | Garden | Rear View"""),
    "feeling": _w("""Gravity | Devotion | Trouble | Mercy | Silence | Hunger | Comfort
        | Temptation | Patience | Fever | Paradise | Forever | Honesty | Daydream | Desire
        | Nostalgia | Surrender | Attention | Affection | Tenderness | Jealousy | Illusion
        | Freedom | Chemistry | Serenity | Vertigo | Wonder"""),
    "verb": _w("""Hold | Follow | Leave | Carry | Chase | Break | Forgive | Remember | Call
        | Find | Burn | Trust | Keep | Lose | Wake | Change"""),
    "verbing": _w("""Running | Falling | Waiting | Driving | Dancing | Leaving | Coming
        | Dreaming | Burning | Drifting | Walking | Holding | Sinking | Turning | Breathing
        | Moving | Talking | Floating"""),
    "adverb": _w("""Slowly | Again | Back | Tonight | Home | Anyway | Closer | Tomorrow | Away
        | Alone | Sideways | Underwater | in Circles | Out Loud | for Nothing | After Dark
        | Twice | in the Rain | Without You | to the Sea | till Morning | Like Strangers
        | on Purpose | by Heart | from Here"""),
    "number": _w("""Two | Three | Four | Five | Six | Seven | Eight | Nine | Ten | Eleven
        | Twelve | Forty | Fifty"""),
    "rtime": _w("""Midnight | Sunday | After Hours | Late Night | Morning | Saturday | Twilight
        | Daybreak | Tuesday | Weekend"""),
    "electronic.number": _w("3 | 4 | 5 | 6 | 7 | 9 | 11 | 12"),
    "stage": _w("""Amarae Sol | Evangeline K | Lumina Rae | Naima Sky | Niko Blu | Paloma Vey
        | Vesper Lane | Viola Grey | Kwame Lux | Soraya Bell | Jules Amaro | Dani Velour
        | Mila Ferro | Theo Sunday | Cass Monroe-Li | Rio Castel | Indie Bexhill
        | Ava St. Croix | Kira Moon-Ellis | Leo Vantage | Tasha Ambrose | Marcus Delaine
        | Corinne Vale | Jada Ellington-West | Omar Silk | Reign Holliday | Sienna Okoro
        | Tyrell Dawes | Bria Laurent | Malik Amour"""),
    "rockband": _w("""Velvet Crowbar | Ironmonger's Daughter | Hollow Point Parish
        | Sister Diesel | Kingdom Gravel | Pale Horse Motel | Widow's Turnpike
        | Eleven Mile Fuse | Brass Foundry | Tall Order | The Quarrymen's Ghost | Mother Anvil
        | Southpaw Sermon | Carrion Road | Lady Thunderclap | The Midnight Welders
        | Grand Marauder | Dog Day Preachers | Copper Widow | Static Cadillac
        | Black Molasses Band | Magnum Ferry | The Burnt Matches | Vagabond Electric"""),
    "indband": _w("""Lighthouse Keepers' Ball | Soft Parade of Ants | Hello, Margot
        | The Unlikely Gardeners | Tiny Cathedral | Swimming with Horses
        | My Friend the Cartographer | Sunday Bakery | Winter Atlas Club | Goodnight, Elspeth
        | The Paper Aviators | Laundry Day | Fox & Ferry | Small Hours Cinema
        | Nine Kinds of Snow | The Second Postman | Maple Telegraph | Tender Buttons Club
        | Otters Holding Hands | Field Recordings | Little Norway | The Borrowed Tents
        | Cloud Appreciation | Ghost Librarian | Honey Locust | Dear Nephew | Plum Weather
        | Telescope Summer | Marmalade Kitchen | Boats in Bottles"""),
    "altband": _w("""Ashfall Season | Nullset | Vermilion Teeth | Hexham Static | Murmur Riot
        | Kill the Curator | Sleepless Cartel | Ruinlight | Overcast Youth
        | Thirteenth Floor Choir | Bloodmoon Dentist | Slow Catastrophe | Palisade Nine
        | Swan Autopsy | Hollow Physics | Gravel Mouth | Dry Lightning | Cold Ceremony
        | Torchsong Riot | Nightshift Saints | Emergency Piano | Failing Upward
        | The Velvet Subpoena | Wolves in Accounting | Dead Letter Bureau | Glass Curfew
        | Anxiety Parade | Low Ceiling | Paper Guillotine | Ghost Tariff"""),
    "weather": _w("""Rain | Thunder | Smoke | Snow | Dust | Sunlight | Fog | Lightning
        | Moonlight | Ashes | Salt | Static | Wind | Ice | Silver | Starlight | Frost | Embers
        | Honey | Water"""),
    "jazz.first": _w("""Abel | Adele | Augustus | Beatrice | Bernard | Cecily | Chester
        | Clifton | Constance | Cornelius | Della | Desmond | Dorothea | Earl | Edwina | Elias
        | Ernestine | Eugene | Florence | Gideon | Hattie | Horatio | Irma | Isaac | Jerome
        | Josephine | Julius | Lenora | Leopold | Lionel | Lucille | Marguerite | Marlon
        | Mavis | Milton | Odessa | Otis | Percival | Quentin | Roland | Rosalind | Rufus
        | Selma | Silas | Simone | Sylvester | Thaddeus | Vernon | Wilhelmina | Winston"""),
    "classical.first": _w("""Agnieszka | Aleksandr | Anselm | Astrid | Béla | Benedikt
        | Birgitta | Camille | Clemens | Dorota | Eino | Elisabet | Emil | Étienne | Fabrizio
        | Florian | Gisela | Greta | Gustav | Hanne | Helena | Henrik | Ilona | Ingrid | Jiří
        | Johanna | Katarzyna | Klara | László | Leopold | Linnea | Magdalena | Margit
        | Mathilde | Miroslav | Nils | Ottilie | Pascal | Piotr | Ragnhild | Rikard | Sibylle
        | Solveig | Tadeusz | Theodora | Ulrika | Valentin | Viktor | Wiebke | Zuzanna"""),
    "madverb": _w("""Slowly | Again | Tonight | Home | Closer | Tomorrow | After Dark | Twice
        | Out Loud | till Morning | Gently | Anyway | by Heart | in the Rain | Like Before"""),
    "body": _w("Mind | Shoulder | Tongue | Sleeve | Plate | Line | Conscience | Block"),
    "classical.adj": _w("""Quiet | Pale | Silver | Distant | Gentle | Hollow | Slow | Endless
        | White | Northern | Hidden | Still | Blue | Faded | Golden | Deep"""),
}
"""Word lists by slot; ``genre.slot`` wins over ``slot``."""
