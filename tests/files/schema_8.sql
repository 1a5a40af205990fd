BEGIN TRANSACTION;
CREATE TABLE activations (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	version TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE aliases (
	alias TEXT NOT NULL, 
	mbid TEXT NOT NULL, 
	PRIMARY KEY (alias)
);
CREATE TABLE answers (
	endpoint TEXT NOT NULL, 
	question TEXT NOT NULL, 
	body TEXT, 
	fetched_at INTEGER NOT NULL, 
	PRIMARY KEY (endpoint, question)
);
CREATE TABLE artifacts (
	version TEXT NOT NULL, 
	file TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (version, file)
);
CREATE TABLE catalogues (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	licence TEXT NOT NULL, 
	invented BOOLEAN NOT NULL, 
	n_tracks INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	kind TEXT DEFAULT 'tracks' NOT NULL, 
	owner TEXT DEFAULT '' NOT NULL, 
	n_listeners INTEGER DEFAULT 0 NOT NULL, 
	updated_at INTEGER DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	UNIQUE (digest)
);
INSERT INTO "catalogues" VALUES(1,'songs','songs.csv','',0,1,'58d178ac9092f06194c7a7ddc90a49d816c16e33cf6d54f632cb2a80b96cbcfe',1795781037,'tracks','',0,0);
CREATE TABLE exclusions (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	import_id INTEGER, 
	created_at INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	value TEXT NOT NULL, 
	since INTEGER NOT NULL, 
	until INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (profile, import_id, kind, value, since, until), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE experiments (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	a TEXT NOT NULL, 
	b TEXT NOT NULL, 
	started_at INTEGER NOT NULL, 
	ended_at INTEGER, 
	verdict TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE feedback (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	import_id INTEGER, 
	created_at INTEGER NOT NULL, 
	track_id TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	given_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (profile, import_id, track_id, verdict, given_at), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE fingerprints (
	profile TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	used_at INTEGER NOT NULL, 
	PRIMARY KEY (profile, fingerprint)
);
INSERT INTO "fingerprints" VALUES('p','dc18e878fa3007e17011420b1f8c42508912958d19f9746e7a46e765d888eaa3',1795781037398808088);
INSERT INTO "fingerprints" VALUES('p','0ea56217d209194a5d217bcbe1e569851490a757b747f97db510614df51e237d',1795781037398808088);
CREATE TABLE import_files (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	format TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	repeated BOOLEAN NOT NULL, 
	catalogue TEXT, 
	read INTEGER NOT NULL, 
	imported INTEGER NOT NULL, 
	duplicate INTEGER NOT NULL, 
	not_music INTEGER NOT NULL, 
	private INTEGER NOT NULL, 
	rejected INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "import_files" VALUES(1,1,'Liked_Songs.csv','69a6e6b09aa0244f6ed050522c38a004712bdabbf394a073ffd637f27244526a','exportify','playlist',0,NULL,1,1,0,0,0,0);
INSERT INTO "import_files" VALUES(2,1,'songs.csv','58d178ac9092f06194c7a7ddc90a49d816c16e33cf6d54f632cb2a80b96cbcfe','track_table','catalogue',0,'58d178ac9092f06194c7a7ddc90a49d816c16e33cf6d54f632cb2a80b96cbcfe',1,1,0,0,0,0);
CREATE TABLE imports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	profile TEXT NOT NULL, 
	state TEXT NOT NULL, 
	include_private BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	seconds FLOAT NOT NULL
);
INSERT INTO "imports" VALUES(1,'p','visible',0,1795781037,5.42111660001864947844e-02);
CREATE TABLE impressions (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	track_id TEXT NOT NULL, 
	shown_at INTEGER NOT NULL, 
	rank INTEGER NOT NULL, 
	mode TEXT NOT NULL, 
	version TEXT NOT NULL, 
	propensity FLOAT, 
	experiment INTEGER, 
	team TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE list_tracks (
	list INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	track_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	artists TEXT NOT NULL, 
	PRIMARY KEY (list, position)
);
CREATE TABLE listeners (
	import_id INTEGER NOT NULL, 
	code INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (import_id, code), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE lists (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	name TEXT NOT NULL, 
	made_at INTEGER NOT NULL, 
	changed_at INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT lists_by_name UNIQUE (profile, name)
);
CREATE TABLE mappings (
	header TEXT NOT NULL, 
	mapping TEXT NOT NULL, 
	PRIMARY KEY (header)
);
CREATE TABLE match_decisions (
	id INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	import_id INTEGER, 
	created_at INTEGER NOT NULL, 
	first TEXT NOT NULL, 
	second TEXT NOT NULL, 
	same BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (profile, import_id, first, second), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE measures (
	mbid TEXT NOT NULL, 
	feature TEXT NOT NULL, 
	source TEXT NOT NULL, 
	value FLOAT, 
	word TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	spread FLOAT NOT NULL, 
	dated TEXT NOT NULL, 
	noted_at INTEGER NOT NULL, 
	PRIMARY KEY (mbid, feature, source)
);
CREATE TABLE playlist_items (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	playlist INTEGER NOT NULL, 
	track INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	added_at INTEGER NOT NULL, 
	api_born INTEGER NOT NULL, 
	superseded_by INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "playlist_items" VALUES(1,1,0,0,0,1675245600,1,NULL);
CREATE TABLE playlists (
	import_id INTEGER NOT NULL, 
	code INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (import_id, code), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "playlists" VALUES(1,0,'Liked Songs');
CREATE TABLE plays (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	track INTEGER NOT NULL, 
	listener INTEGER NOT NULL, 
	played_at INTEGER NOT NULL, 
	ms_played INTEGER NOT NULL, 
	skipped INTEGER NOT NULL, 
	reason_start INTEGER NOT NULL, 
	reason_end INTEGER NOT NULL, 
	shuffle INTEGER NOT NULL, 
	superseded_by INTEGER, 
	duplicate INTEGER DEFAULT 0 NOT NULL, 
	source INTEGER DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE problems (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	"where" TEXT NOT NULL, 
	why TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
CREATE TABLE profile_catalogues (
	profile TEXT NOT NULL, 
	catalogue INTEGER NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	PRIMARY KEY (profile, catalogue), 
	FOREIGN KEY(catalogue) REFERENCES catalogues (id) ON DELETE CASCADE
);
INSERT INTO "profile_catalogues" VALUES('p',1,1);
CREATE TABLE profile_versions (
	profile TEXT NOT NULL, 
	version TEXT NOT NULL, 
	PRIMARY KEY (profile, version)
);
CREATE TABLE profiles (
	name TEXT NOT NULL, 
	label TEXT NOT NULL, 
	invented BOOLEAN NOT NULL, 
	created_at INTEGER NOT NULL, 
	active_version TEXT, 
	train_on_api_rows BOOLEAN, 
	settings TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "profiles" VALUES('p','',0,1795781037,NULL,NULL,'{}');
CREATE TABLE read_dumps (
	profile TEXT NOT NULL, 
	file TEXT NOT NULL, 
	state TEXT NOT NULL, 
	read_at INTEGER NOT NULL, 
	PRIMARY KEY (profile, file)
);
CREATE TABLE recordings (
	profile TEXT NOT NULL, 
	track_id TEXT NOT NULL, 
	mbid TEXT NOT NULL, 
	noted_at INTEGER NOT NULL, 
	PRIMARY KEY (profile, track_id)
);
CREATE TABLE sent_playlists (
	playlist_id TEXT NOT NULL, 
	profile TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	recipe TEXT NOT NULL, 
	tracks INTEGER NOT NULL, 
	made_at INTEGER NOT NULL, 
	written_at INTEGER NOT NULL, 
	PRIMARY KEY (playlist_id, profile)
);
CREATE TABLE tracks (
	id INTEGER NOT NULL, 
	import_id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	track_id TEXT, 
	name TEXT, 
	artists TEXT, 
	album TEXT, 
	genres TEXT, 
	isrc TEXT, 
	year FLOAT, 
	duration_ms FLOAT, 
	popularity FLOAT, 
	explicit BOOLEAN, 
	danceability FLOAT, 
	energy FLOAT, 
	valence FLOAT, 
	acousticness FLOAT, 
	instrumentalness FLOAT, 
	liveness FLOAT, 
	speechiness FLOAT, 
	tempo FLOAT, 
	loudness FLOAT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
);
INSERT INTO "tracks" VALUES(1,1,0,'0000000000000000000000','Jóga','Björk','Homogenic','art pop','',1997.0,304000.0,55.0,0,4.00000005960464477539e-01,6.00000023841857910156e-01,4.00000005960464477539e-01,1.00000001490116119384e-01,0.0,1.00000001490116119384e-01,5.00000007450580596923e-02,1.31899993896484374995e+02,-7.5);
CREATE TABLE version_marks (
	version TEXT NOT NULL, 
	name TEXT NOT NULL, 
	pinned BOOLEAN NOT NULL, 
	PRIMARY KEY (version)
);
CREATE TABLE words (
	code INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (code), 
	UNIQUE (text)
);
CREATE INDEX ix_imports_profile ON imports (profile);
CREATE INDEX ix_activations_profile ON activations (profile);
CREATE INDEX answers_by_age ON answers (fetched_at);
CREATE INDEX recordings_by_mbid ON recordings (mbid);
CREATE INDEX aliases_by_mbid ON aliases (mbid);
CREATE INDEX impressions_by_experiment ON impressions (profile, experiment);
CREATE INDEX impressions_by_time ON impressions (profile, shown_at);
CREATE INDEX ix_experiments_profile ON experiments (profile);
CREATE INDEX import_files_by_import ON import_files (import_id);
CREATE INDEX ix_import_files_digest ON import_files (digest);
CREATE INDEX problems_by_import ON problems (import_id);
CREATE INDEX tracks_by_import ON tracks (import_id);
CREATE INDEX plays_by_import ON plays (import_id);
CREATE INDEX playlist_items_by_import ON playlist_items (import_id);
CREATE INDEX exclusions_by_import ON exclusions (import_id);
CREATE INDEX match_decisions_by_import ON match_decisions (import_id);
CREATE INDEX feedback_by_import ON feedback (import_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('imports',1);
COMMIT;
PRAGMA user_version = 8;
