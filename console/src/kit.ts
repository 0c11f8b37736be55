// What pages are made of. The build makes every page import it, so that it comes as one file, together with what the
// start needs, and not in as many files as there are sets of pages that share something.
import './api/list';
import './api/mutation';
import './sign-in/belonging';
import './ui/client-field';
import './ui/facts';
import './ui/later';
import './ui/opens';
import './ui/provider-fields';
import './ui/rename';
import './ui/shell';
import './ui/table';
import './ui/tabs';
